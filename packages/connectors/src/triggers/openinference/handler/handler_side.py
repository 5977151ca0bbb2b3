"""What the openinference trigger gives handlers: `event.inputs`, the request as JSON for a body, and `context.tensors`."""

from pelton_worker import tensor_parts, tensors
from pelton_worker.wire_json import read_meta


def create_handler_side(call):
    """Makes `context.tensors`. It calls nothing: it makes results, which the trigger reads."""
    return Tensors()


class Tensors:
    """Makes results for the trigger `openinference`."""

    def response(self, outputs, parameters=None):
        """
        A response with outputs by name: arrays of NumPy or what becomes one, memoryviews and arrays, lists, inputs, or
        dicts of `datatype`, `shape` and `data`. They are copied now. Raises `TypeError` or `ValueError` for what is none.
        """
        where = 'tensors.response'
        if not isinstance(outputs, dict):
            raise TypeError(f'{where} takes a dict of outputs by name, not {tensor_parts.kind_of(outputs)}')
        parts = [tensor_parts.output_part(where, name, value) for name, value in outputs.items()]
        head = {'outputs': [part for part, _ in parts]}
        if parameters is not None:
            head['parameters'] = tensor_parts.checked_parameters(where, parameters)
        body, length = tensor_parts.join_parts(head, parts)
        return Result(body, {} if length is None else {'headerLength': length})


class Result:
    """A response with something for its trigger alone."""

    __slots__ = ('status_code', 'headers', 'content_type', 'body', 'extra', 'event_id')

    def __init__(self, body: bytes, openinference: dict):
        self.status_code = 200
        self.headers: dict = {}
        self.content_type = 'application/json'
        self.body = body
        self.extra = {'openinference': openinference}
        # Of a batch: the event that it answers.
        self.event_id = None

    def __repr__(self):
        return f'Result(extra={self.extra!r}, body={self.body!r:.200})'


def read_request(event):
    """The JSON of a request, and its tensors with the bytes of each; None for those whose data is in the JSON."""
    body = event.wire_body
    at = event.extra.get('inferHeaderLength')
    if at is None:
        from json import loads

        head = loads(body)
    else:
        # Pelton has written it.
        head = read_meta(body[:at])
    return head, tensors.pair_bytes(head['inputs'], body, at)


def read_body(event) -> bytes:
    """The request as JSON that loses nothing; numbers that JSON does not have are written as Python does."""
    if 'inferHeaderLength' not in event.extra:
        return event.wire_body
    from json import dumps

    head, pairs = read_request(event)
    for tensor, raw in pairs:
        if raw is None:
            continue
        del tensor['parameters']['binary_data_size']
        if not tensor['parameters']:
            del tensor['parameters']
        elements = tensors.elements_of(tensor['datatype'], raw)
        is_bytes = tensor['datatype'] == 'BYTES'
        tensor['data'] = [tensors.text_form(each) for each in elements] if is_bytes else list(elements)
    return dumps(head, separators=(',', ':')).encode()


def read_inputs(event) -> dict:
    """The tensors of a request by name."""
    return tensors.tensors_by_name(read_request(event)[1])


EVENT_VIEW = {'body': read_body, 'inputs': read_inputs}
