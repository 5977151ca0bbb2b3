"""An event as handler code may make one: `nuclio_sdk.Event` where the real package is not installed."""

from __future__ import annotations

SHOWN = tuple(
    'id method path url content_type headers fields body size timestamp trigger shard_id num_shards type type_version '
    'version last_in_batch offset topic'.split()
)


class TriggerInfo:
    """Where an event comes from."""

    def __init__(self, kind='', name=''):
        self.kind = kind
        self.name = name

    def __repr__(self):
        return f'TriggerInfo(kind={self.kind!r}, name={self.name!r})'


class PlainEvent:
    """An event with the attributes that its maker says; nuclio's order of arguments, `id` and `type` also so named."""

    def __init__(
        self,
        body=None,
        content_type=None,
        trigger=None,
        fields=None,
        headers=None,
        _id=None,
        method=None,
        path=None,
        size=None,
        timestamp=None,
        url=None,
        shard_id=None,
        num_shards=None,
        _type=None,
        type_version=None,
        version=None,
        last_in_batch=None,
        offset=None,
        topic=None,
        id=None,
        type=None,
    ):
        self.body = body
        self.content_type = content_type
        self.trigger = trigger or TriggerInfo()
        self.fields = fields or {}
        self.headers = headers or {}
        self.id = _id if id is None else id
        self.method = method
        self.path = path or '/'
        self.size = size
        self.timestamp = timestamp or 0
        self.url = url
        self.shard_id = shard_id
        self.num_shards = num_shards
        self.type = _type if type is None else type
        self.type_version = type_version
        self.version = version
        self.last_in_batch = last_in_batch or False
        self.offset = offset or 0
        self.topic = topic

    def get_header(self, name, default=None):
        """One header in any letter case; of a repeated one the last value."""
        headers = self.headers
        wanted = lower_text(name)
        found = headers.get(wanted)
        if found is None:
            found = next((value for key, value in headers.items() if lower_text(key) == wanted), None)
        if isinstance(found, list):
            found = found[-1] if found else None
        return default if found is None else found

    def get_field(self, name, default=None):
        """One fact of the source: for http an argument of the query."""
        fields = self.fields
        if name in fields or not isinstance(name, str):
            return fields.get(name, default)
        return fields.get(name.encode(), default)

    def to_json(self):
        """The event as JSON text; bytes are base64, what JSON cannot hold is its text."""
        from json import dumps

        return dumps({name: getattr(self, name) for name in SHOWN}, default=json_form)

    def __repr__(self):
        return f'<Event {self.id} {self.method} {self.path}>'


def lower_text(name) -> str:
    """A header's name for comparison, whether it is text or bytes."""
    return (name.decode('latin-1') if isinstance(name, bytes) else name).lower()


def json_form(value):
    """What `to_json` writes for a value that JSON does not know."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        from base64 import b64encode

        return b64encode(value).decode('ascii')
    return vars(value) if isinstance(value, TriggerInfo) else str(value)
