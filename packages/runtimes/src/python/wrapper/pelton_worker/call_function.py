"""Calls of other functions over HTTP."""

from __future__ import annotations

import json
from time import monotonic

from .response import Response

MAX_REPLY_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 64 * 1024
DEFAULT_TIMEOUT_SECONDS = 60

# RFC 9110 §7.6.1: they are about one connection, and an event or a reply may be passed on.
OF_CONNECTION = frozenset(
    'connection content-length expect host keep-alive te trailer transfer-encoding upgrade'.split()
)
OWN_HEADERS = OF_CONNECTION | {'content-type', 'x-nuclio-target'}


class ReplyTooLarge(OSError):
    """The called function answered with more than 64 MiB."""


def call_function(name: str, base: str, event, timeout, trace: dict, connect=None) -> Response:
    """Sends the event's method, path, headers and body; gives the reply, its JSON parsed."""
    seconds = DEFAULT_TIMEOUT_SECONDS if timeout is None else timeout
    place = f'function {name} at {base}'
    secure, host, path = target_of(place, base, getattr(event, 'path', None) or '/')
    body, content_type = body_of(event)
    method = getattr(event, 'method', None) or ('GET' if body is None else 'POST')
    request = method, path, body, headers_of(name, event, content_type, trace)
    try:
        return exchange((connect or connection_class(secure))(host, timeout=seconds), request, monotonic() + seconds)
    except ReplyTooLarge as error:
        raise ReplyTooLarge(f'{place} {error}') from None
    except Exception as error:
        # Before Python 3.10 a socket's timeout is another exception.
        if isinstance(error, TimeoutError) or (isinstance(error, OSError) and 'timed out' in str(error)):
            raise TimeoutError(f'{place} did not answer within {seconds} s') from error
        raise ConnectionError(f'{place} cannot be called: {error}') from error


def exchange(connection, request: tuple, deadline: float) -> Response:
    """Sends a request and reads its reply."""
    method, path, body, headers = request
    try:
        connection.request(method, path, body=body, headers=headers)
        # Reading may take it away from the connection.
        socket = getattr(connection, 'sock', None)
        reply = connection.getresponse()
        return response_of(reply, read_reply(reply, socket, deadline))
    finally:
        connection.close()


def connection_class(secure: bool):
    import http.client

    return http.client.HTTPSConnection if secure else http.client.HTTPConnection


def target_of(place: str, base: str, path: str) -> tuple[bool, str, str]:
    """Whether by TLS, the host, and the path of a base URL joined with the path of a call."""
    from urllib.parse import quote, urlsplit

    parts = urlsplit(base if '://' in base else 'http://' + base)
    if parts.scheme not in ('http', 'https') or not parts.netloc:
        raise ConnectionError(f'{place} cannot be called: it is no http address')
    joined = f"{parts.path.rstrip('/')}/{path.lstrip('/')}"
    return parts.scheme == 'https', parts.netloc.rpartition('@')[2], quote(joined, safe="/%:?&=!$'()*+,;@[]~|")


def body_of(event):
    """The body as bytes and its content type; nothing without a body."""
    body = getattr(event, 'body', None)
    content_type = getattr(event, 'content_type', None)
    if isinstance(body, (dict, list)):
        return json.dumps(body).encode(), 'application/json'
    if body is None:
        return None, content_type
    return body.encode() if isinstance(body, str) else bytes(body), content_type or 'text/plain'


def headers_of(name: str, event, content_type, trace: dict) -> dict:
    headers = dict(trace)
    for given, value in (getattr(event, 'headers', None) or {}).items():
        key = sendable(given)
        if key.lower() not in OWN_HEADERS:
            headers.pop(key.lower(), None)
            headers[key] = ', '.join(map(sendable, value)) if isinstance(value, list) else sendable(value)
    if content_type:
        headers['Content-Type'] = sendable(content_type)
    headers['X-Nuclio-Target'] = sendable(name)
    return {key: sendable(value).encode('latin-1') for key, value in headers.items()}


def sendable(value) -> str:
    """Text whose characters are the bytes that are sent; what is not latin-1 goes as UTF-8."""
    if isinstance(value, bytes):
        return value.decode('latin-1')
    text = ('true' if value else 'false') if isinstance(value, bool) else str(value)
    try:
        text.encode('latin-1')
        return text
    except UnicodeEncodeError:
        return text.encode('utf-8', 'replace').decode('latin-1')


def read_reply(reply, socket, deadline: float) -> bytes:
    """The body, within the time and the limit. Piece by piece: `read` would wait for more than has come."""
    pieces, size, length = [], 0, reply.length
    while length is None or size < length:
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError('timed out')
        # The end of the reply may have closed it.
        if socket is not None and socket.fileno() >= 0:
            socket.settimeout(left)
        piece = reply.read1(PIECE_BYTES if length is None else min(PIECE_BYTES, length - size))
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
        if size > MAX_REPLY_BYTES:
            raise ReplyTooLarge(f'answered with more than {MAX_REPLY_BYTES} bytes')
    if length is not None and size < length:
        raise ConnectionError(f'its reply ended after {size} of {length} bytes')
    return b''.join(pieces)


def response_of(reply, body: bytes) -> Response:
    headers: dict = {}
    for name, value in reply.getheaders():
        key = name.lower()
        if key not in OF_CONNECTION:
            headers[key] = f'{headers[key]}, {value}' if key in headers else value
    content_type = headers.get('content-type', 'text/plain')
    return Response(headers, parsed(body, content_type), content_type, reply.status)


def parsed(body: bytes, content_type: str):
    media_type = content_type.split(';', 1)[0].strip().lower()
    if media_type != 'application/json' and not media_type.endswith('+json'):
        return body
    try:
        return json.loads(body)
    except ValueError:
        # It says JSON and is none: the caller gets the bytes and may look.
        return body
