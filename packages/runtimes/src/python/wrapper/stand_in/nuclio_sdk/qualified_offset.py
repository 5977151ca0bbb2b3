"""A place in a stream."""


class QualifiedOffset:
    """Topic, partition and offset: what `context.platform.explicit_ack` acknowledges."""

    def __init__(self, topic, partition, offset):
        self.topic = topic
        self.partition = partition
        self.offset = offset

    @staticmethod
    def from_event(event):
        """Where an event came from; events without a topic have it in their path."""
        return QualifiedOffset(event.topic or event.path, event.shard_id, event.offset)

    def compile_explicit_ack_message(self):
        """The acknowledgement as nuclio's control channel has it."""
        place = {'topic': self.topic, 'partition': self.partition, 'offset': self.offset}
        return {'kind': 'streamMessageAck', 'attributes': place}
