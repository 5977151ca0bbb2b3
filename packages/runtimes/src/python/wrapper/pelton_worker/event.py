"""The event that Pelton hands to a handler: its meta is parsed when something but the body is asked for."""

from __future__ import annotations

from .event_strings import bytes_of_header, field_bytes, nuclio_headers, pelton_headers, text_of
from .plain_event import PlainEvent, TriggerInfo
from .wire_json import read_meta

CONTENT_TYPE = b'"contentType":"'
CONTENT_TYPE_LENGTH = len(CONTENT_TYPE)
# Texts in the meta have no bare quotes.
KEEPS_BODY = b'"keepsBody":true'
# What says whose event it is, which views must not ask for.
BARE = frozenset(('_facts', 'trigger', 'wire_body'))
HAS_BYTES = 16
HAS_EXTRA = 128


class Event(PlainEvent):
    """An event of the wire. Attributes are read on first use and may be assigned, as those of a plain object."""

    __slots__ = ('_world', '_meta', '_flags', 'wire_id', '_bytes', '_region', '_facts', 'body')

    # Codes from 1 to 4: from which level on whoever sent the event wants its log records back. 0: none.
    log_code = 0
    # The caller has left, or the deadline is over.
    aborted = False

    def __init__(self, world, meta: bytes, flags: int, id: int, body: bytes | None, region: memoryview | None = None):
        self._world = world
        self._meta = meta
        self._flags = flags
        self.wire_id = id
        self._bytes = body
        self._region = region
        # Most bodies are what they are; `application/…`, and those in shared memory, are decided when asked for.
        if region is None and not world.views:
            at = meta.find(CONTENT_TYPE) + CONTENT_TYPE_LENGTH
            if meta[at : at + 1] not in b'aA':
                self.body = body

    def __getattr__(self, name: str):
        reader = (self._world.views and view_of(self, name)) or READERS.get(name)
        if reader is not None:
            value = reader(self)
        elif name[:2] != '__' and self._flags & HAS_EXTRA and name in lifted(self):
            value = lifted(self)[name]
        elif name in self._world.members:
            # Of another event of the same trigger: this one does not have it.
            value = None
        else:
            raise AttributeError(f'the event has no attribute {name!r}')
        setattr(self, name, value)
        return value

    def json(self):
        """The body parsed as JSON, whatever its content type; ValueError when it is none. An empty body is None."""
        content = raw_body(self)
        if not content:
            return None
        from json import loads

        return loads(content)

    def text(self) -> str:
        """The body as UTF-8 text; what is none becomes U+FFFD."""
        return raw_body(self).decode('utf-8', 'replace')

    def settle(self) -> bool:
        """Ends the use of shared memory. True when the handler still holds it: then nobody may write there."""
        region = self._region
        if region is None:
            return False
        try:
            mapping = region.obj
        except ValueError:
            # It was settled before.
            return False
        for view in (self.__dict__.pop('body_view', None), region):
            try:
                if isinstance(view, memoryview):
                    view.release()
            except BufferError:
                # Somebody exports it, as NumPy does: it lives as long as that does.
                continue
        return is_exported(mapping)

    def __reduce__(self):
        # Copies, and processes of the handler's own, get a plain event; the worker's world stays here.
        assigned = {name: value for name, value in self.__dict__.items() if name not in NOT_CARRIED}
        absent = dict.fromkeys(self._world.members)
        return rebuilt, ({**absent, **lifted(self), **{name: getattr(self, name) for name in CARRIED}, **assigned},)


def is_exported(mapping) -> bool:
    """Whether anybody holds a view of a read-only mapping: resizing is refused for that before it is for the other."""
    try:
        mapping.resize(len(mapping))
    except BufferError:
        return True
    except (TypeError, ValueError):
        return False
    return False


def rebuilt(attributes: dict) -> PlainEvent:
    """An event from its attributes."""
    event = PlainEvent()
    event.__dict__.update(attributes)
    return event


def view_of(event: Event, name: str):
    """What makes the attribute in the view that the event's kind has, or None."""
    if name in BARE:
        return None
    view = event._world.views.get(event.trigger.kind)
    return view and view.get(name)


def raw_body(event: Event) -> bytes:
    """The bytes that handlers know as the body."""
    return event.body if event._world.views and view_of(event, 'body') else wire_body(event)


def wire_body(event: Event) -> bytes:
    """The bytes that came; from shared memory they are copied once."""
    if event._bytes is None:
        event._bytes = b'' if event._region is None else bytes(event._region)
    return event._bytes


def read_body(event: Event):
    content = raw_body(event)
    if not is_json(event._meta) or KEEPS_BODY in event._meta:
        return content
    from json import loads

    try:
        return loads(content.decode())
    except (ValueError, RecursionError):
        # It says JSON and is none: the handler gets the bytes and may look.
        return content


def is_json(meta: bytes) -> bool:
    """Whether the content type is JSON, parameters aside. The meta is not parsed: texts before have no bare quotes."""
    start = meta.find(CONTENT_TYPE)
    if start < 0:
        return False
    start += CONTENT_TYPE_LENGTH
    content_type = meta[start : meta.find(b'"', start)]
    return content_type.split(b';', 1)[0].strip().lower() == b'application/json'


def read_facts(event: Event) -> dict:
    return read_meta(event._meta, event._flags & HAS_BYTES != 0) if event._meta else {}


def read_extra(event: Event) -> dict:
    return (event._facts.get('extra') or {}) if event._flags & HAS_EXTRA else {}


def lifted(event: Event) -> dict:
    """What the trigger adds for its handlers, by its name in Python: `extra.dataType` is `event.data_type`."""
    # Most triggers add nothing.
    from .members import with_members

    return {snake_case(name): with_members(value) for name, value in event.extra.items()}


def snake_case(name: str) -> str:
    return ''.join('_' + char.lower() if char.isupper() else char for char in name).lstrip('_')


def read_trigger(event: Event) -> TriggerInfo:
    trigger = event._facts.get('trigger')
    return event._world.trigger if trigger is None else TriggerInfo(trigger.get('kind', ''), trigger.get('name', ''))


def read_headers(event: Event) -> dict:
    world = event._world
    given = event._facts.get('headers') or {}
    form = bytes_of_header if world.gives_bytes else text_of
    is_canonical = world.is_nuclio and not event._facts.get('keepsHeaders')
    headers = nuclio_headers(given, form) if is_canonical else pelton_headers(given, form)
    return {bytes_of_header(name): value for name, value in headers.items()} if world.gives_bytes else headers


def read_fields(event: Event) -> dict:
    fields = event._facts.get('fields') or {}
    return field_bytes(fields) if event._world.gives_bytes else fields


def read_timestamp(event: Event):
    from datetime import datetime, timedelta

    return datetime(1970, 1, 1) + timedelta(milliseconds=event._facts.get('timestamp', 0))


def read_size(event: Event) -> int:
    return len(raw_body(event)) if event._region is None or event._world.views else event._region.nbytes


def read_body_view(event: Event) -> memoryview:
    region = event._region
    return memoryview(raw_body(event)) if region is None or event._world.views else region.toreadonly()


def read_url(event: Event) -> str:
    facts = event._facts
    return facts['url'] if 'url' in facts else facts.get('path', '')


READERS = {
    '_facts': read_facts,
    'body': read_body,
    'body_view': read_body_view,
    'wire_body': wire_body,
    'content_type': lambda event: text_of(event._facts.get('contentType', '')),
    'trigger': read_trigger,
    'fields': read_fields,
    'headers': read_headers,
    'id': lambda event: event._facts.get('id', ''),
    'attempt': lambda event: event._facts.get('attempt', 1),
    'method': lambda event: event._facts.get('method', ''),
    'path': lambda event: event._facts.get('path') or '/',
    'size': read_size,
    'timestamp': read_timestamp,
    'url': read_url,
    'shard_id': lambda event: event._facts.get('shardId', -1),
    'offset': lambda event: event._facts.get('offset', 0),
    'topic': lambda event: event._facts.get('topic', ''),
    'extra': read_extra,
    'num_shards': lambda event: event.extra.get('num_shards', 0),
    'type': lambda event: event.extra.get('type', ''),
    'type_version': lambda event: event.extra.get('type_version', ''),
    'version': lambda event: event.extra.get('version', ''),
    'last_in_batch': lambda event: event.extra.get('last_in_batch', False),
    'source': lambda event: event.extra.get('source'),
    'subject': lambda event: event.extra.get('subject'),
    'extensions': lambda event: event.extra.get('extensions'),
}
NOT_CARRIED = frozenset(('_facts', '_bound', 'body_view', 'wire_body'))
CARRIED = tuple(name for name in READERS if name not in NOT_CARRIED)
