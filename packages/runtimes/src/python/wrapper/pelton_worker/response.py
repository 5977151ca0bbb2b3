"""What a handler returned, as a response of the wire."""

from __future__ import annotations

from .response_headers import Unreadable, read_headers, type_bytes
from .wire_json import NotJson, json_bytes

NO_BODY = 2
STREAMED = 4
PLAIN_META = 8
# Bits of a response's code beside its status: as what the handler gave the body.
TEXT = 0x8000
BYTES = 0x4000
OK_TEXT = 200 | TEXT
OK_BYTES = 200 | BYTES
MAX_BODY_BYTES = 256 * 1024 * 1024
MAX_META_BYTES = 4 * 1024 * 1024
FILE_CHUNK_BYTES = 64 * 1024
BODY_TYPES = {'text': TEXT, 'json': TEXT, 'bytes': BYTES, 'stream': 0, 'none': 0}
TEXT_CHUNK = 1
BYTES_CHUNK = 2


class DefaultType(str):
    """A content type that nobody chose: it reads as text/plain, and follows the body where that is the rule."""


DEFAULT_TYPE = DefaultType('text/plain')


class Response:
    """A response with its status, headers and content type; nuclio's order of arguments."""

    # A dict for the trigger alone: what its kind gives handlers puts its part here.
    extra = None

    def __init__(self, headers=None, body=None, content_type=DEFAULT_TYPE, status_code=200, event_id=None):
        self.headers = {} if headers is None else headers
        self.body = body
        self.content_type = content_type or DEFAULT_TYPE
        self.status_code = status_code
        # Of a batch: the event that it answers.
        self.event_id = event_id

    def ensure_no_ack(self):
        """The stream's offset of this event is not to be committed."""
        self.headers['x-nuclio-stream-no-ack'] = 'true'

    def __repr__(self):
        named = f'status_code={self.status_code!r}, content_type={self.content_type!r}, headers={self.headers!r}'
        return f'Response({named}, body={self.body!r:.200})'


def encode(result, world):
    """
    Code (status and type of the body), flags, meta and body of a result. The body is bytes, None (flag 2), or an iterator or async iterator of
    chunks (flag 4). Raises nothing but `Unreadable`.
    """
    if world.has_unfinished_output:
        world.flush_output()
    kind = type(result)
    if kind is bytes:
        if len(result) <= MAX_BODY_BYTES:
            return OK_BYTES, PLAIN_META, world.bytes_type, result
    elif kind is str:
        body = bytes_of_text(result)
        if len(body) <= MAX_BODY_BYTES:
            return OK_TEXT, PLAIN_META, world.text_type, body
    elif kind is dict or kind is list:
        body = json_body(result)
        if len(body) <= MAX_BODY_BYTES:
            return OK_TEXT, PLAIN_META, world.json_type, body
    try:
        return encode_any(result, world)
    except Unreadable:
        raise
    except Exception as error:
        # A property or method of the handler's own object raised.
        from .failure import named_reason

        raise Unreadable(f'reading the result failed: {named_reason(error)}') from error


def encode_any(result, world):
    if result is None:
        return 200, NO_BODY | PLAIN_META, world.none_type, None
    if is_response(result):
        return encode_response(result, world)
    if isinstance(result, tuple) and len(result) == 2:
        kind, body = read_body(result[1], False)
        return assemble(result[0], None, '', (kind, body), world)
    return assemble(200, None, '', read_body(result, world.is_nuclio), world)


def encode_response(response, world):
    given = response.content_type
    kind, body = read_body(response.body, world.is_nuclio)
    extra = getattr(response, 'extra', None)
    # The real package's responses, which have no extra, do not tell whether somebody chose text/plain.
    tells = extra is not None or isinstance(response, Response)
    if kind == 'json' and world.is_nuclio:
        given = 'application/json'
    elif given is DEFAULT_TYPE or not given or (given == 'text/plain' and not tells):
        given = ''
    return assemble(response.status_code, response.headers, given, (kind, body), world, extra)


def is_response(value) -> bool:
    """Whether a value is a response: ours, or one by its shape, as those of the real nuclio_sdk."""
    if isinstance(value, Response):
        return True
    return (
        hasattr(value, 'status_code')
        and hasattr(value, 'body')
        and all(hasattr(value, name) for name in ('headers', 'content_type'))
    )


def read_body(value, otherwise_text: bool):
    """What a body is and its bytes, iterator or None. Other values are JSON, or their text where nuclio says so."""
    if value is None:
        return 'none', b''
    if isinstance(value, str):
        return 'text', bytes_of_text(value)
    if isinstance(value, bytes):
        return 'bytes', value
    if isinstance(value, (bytearray, memoryview)):
        # Copied: the handler may go on writing to it, or it lies in memory that ends with the event.
        return 'bytes', bytes(value)
    if isinstance(value, (dict, list)):
        return 'json', json_body(value)
    if hasattr(value, '__aiter__'):
        return 'stream', value.__aiter__()
    if callable(getattr(value, 'read', None)) and hasattr(value, '__iter__'):
        return 'stream', file_chunks(value)
    if hasattr(value, '__next__'):
        return 'stream', value
    return ('text', bytes_of_text(str(value))) if otherwise_text else ('json', json_body(value))


def bytes_of_text(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Unreadable('the text has lone surrogates, which UTF-8 cannot hold') from None


def json_body(value) -> bytes:
    try:
        return json_bytes(value)
    except NotJson as error:
        raise Unreadable(f'the result cannot be written as JSON: {error}') from error


def file_chunks(file):
    """An open file as a stream; it is closed at the end."""
    try:
        chunk = file.read(FILE_CHUNK_BYTES)
        while chunk:
            yield chunk
            chunk = file.read(FILE_CHUNK_BYTES)
    finally:
        file.close()


def assemble(status, headers, content_type, body_reading, world, extra=None):
    kind, body = body_reading
    status = read_status(status)
    named, named_type = read_headers(headers) if headers else ((), '')
    meta = type_bytes(content_type or named_type or world.types[kind])
    flags = PLAIN_META
    if kind == 'stream':
        flags |= STREAMED
    elif len(body) > MAX_BODY_BYTES:
        raise Unreadable(f'its body has {len(body)} bytes; the most is {MAX_BODY_BYTES} (256 MiB)')
    if extra is not None:
        head = {'contentType': meta.decode(), 'extra': checked_extra(extra)}
        meta = json_meta({**head, 'headers': named} if named else head)
        flags ^= PLAIN_META
    elif named:
        meta = json_bytes({'contentType': meta.decode(), 'headers': named})
        flags ^= PLAIN_META
    if len(meta) > MAX_META_BYTES:
        raise Unreadable(f'its headers and extra have more than {MAX_META_BYTES} bytes')
    return status | BODY_TYPES[kind], flags, meta, body


def checked_extra(extra) -> dict:
    if not isinstance(extra, dict):
        raise Unreadable(f'extra must be a dict, not a {type(extra).__name__}')
    return extra


def json_meta(meta: dict) -> bytes:
    try:
        return json_bytes(meta)
    except NotJson as error:
        raise Unreadable(f'extra cannot be written as JSON: {error}') from error


def read_status(status) -> int:
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise Unreadable(f'status {status!r:.100} is not an integer from 200 to 599')
    return int(status)


def encode_chunk(value) -> tuple[int, bytes]:
    """
    Code and bytes of one chunk of a stream: text, bytes, or a response that a kind's handler side made, whose body counts.
    Raises `Unreadable` for everything else, and what is too long.
    """
    code = BYTES_CHUNK
    if getattr(value, 'extra', None) is not None and is_response(value):
        value = value.body
    if isinstance(value, str):
        code = TEXT_CHUNK
        value = bytes_of_text(value)
    elif isinstance(value, (bytearray, memoryview)):
        value = bytes(value)
    elif not isinstance(value, bytes):
        raise Unreadable(f'a chunk must be text or bytes, not a {type(value).__name__}')
    if len(value) > MAX_BODY_BYTES:
        raise Unreadable(f'a chunk has {len(value)} bytes; the most is {MAX_BODY_BYTES} (256 MiB)')
    return code, value


def answer_of(error) -> Response | None:
    """The response that a raised `nuclio_sdk.ExceptionWithResponse` stands for; None for any other exception."""
    if not any(each.__name__ == 'ExceptionWithResponse' for each in type(error).__mro__):
        return None
    return Response(body=error.body, content_type=error.content_type, status_code=error.status_code)


def batch_results(result, events) -> list:
    """The result of each event of a batch, or an `Unreadable`: by `event_id` where results have one, else by order."""
    from .batch_results import share_out

    return share_out(result, events)
