"""Calls to the trigger: their numbers, their JSON, their results."""

from __future__ import annotations

from itertools import count

from .frames import BYTES_IN_META, IS_ERROR, MAX_BODY_BYTES, MAX_META_BYTES, NO_BODY
from .wire_json import read_meta

MAX_CALLS = 256
CALL_SECONDS = 30.0


class CallFailed(Exception):
    """A call to the trigger has failed; `code` is the error's, as in Pelton's reference, `status` is HTTP's."""

    def __init__(self, code: str, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class Calls:
    """The open calls of a worker. `settle` of each is told the result's flags, meta and body, once."""

    def __init__(self) -> None:
        self._open: dict[int, object] = {}
        self._numbers = count(1)

    def open(self, operation: str, settle) -> int:
        """The number of a new call."""
        if len(self._open) >= MAX_CALLS:
            raise CallFailed('too_many_calls', f'call {operation}: {MAX_CALLS} calls are under way already', 503)
        id = next(self._numbers) & 0xFFFFFFFF
        self._open[id] = settle
        return id

    def settle(self, id: int, flags: int, meta: bytes, body: bytes) -> None:
        """Hands a result to its call; one that nobody waits for any more is dropped."""
        settle = self._open.pop(id, None)
        if settle is not None:
            settle((flags, meta, body))

    def close(self, id: int) -> None:
        """The result is waited for no longer."""
        self._open.pop(id, None)


def encode_call(operation: str, payload: object, body: bytes | None) -> tuple[int, bytes]:
    """Flags and meta of a call. Bytes may stand anywhere in the payload."""
    # Most functions make no calls.
    import json
    from base64 import b64encode

    has_bytes = False

    def encode_bytes(value: object) -> dict:
        nonlocal has_bytes
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError(f'a {type(value).__name__} is no JSON')
        has_bytes = True
        return {'$bytes': b64encode(value).decode()}

    try:
        meta = json.dumps({'operation': operation, 'payload': payload}, default=encode_bytes, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise CallFailed('call_failed', f'call {operation}: the payload cannot be sent: {error}') from error
    if len(meta) > MAX_META_BYTES or (body is not None and len(body) > MAX_BODY_BYTES):
        raise CallFailed('call_too_large', f'call {operation}: it is too large to be sent')
    return (BYTES_IN_META if has_bytes else 0) | (NO_BODY if body is None else 0), meta


def read_result(result: tuple[int, bytes, bytes]) -> object:
    """What a call gives: bytes, or any JSON value. Raises `CallFailed`."""
    flags, meta, body = result
    if flags & IS_ERROR:
        raise read_error(meta)
    if not flags & NO_BODY:
        return body
    return read_meta(meta, bool(flags & BYTES_IN_META)) if meta else None


def read_error(meta: bytes) -> CallFailed:
    error = read_meta(meta)
    message = error.get('message', 'the call failed')
    return CallFailed(error.get('code', 'call_failed'), message, error.get('status', 500))


def timed_out(operation: str) -> CallFailed:
    return CallFailed('call_timed_out', f'call {operation}: no result within {CALL_SECONDS:.0f} s', 504)
