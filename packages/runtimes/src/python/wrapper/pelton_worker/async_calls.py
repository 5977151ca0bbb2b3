"""Calls to the trigger beside a running loop."""

from __future__ import annotations

from _thread import allocate_lock, get_ident

from .calls import CALL_SECONDS, Calls, encode_call, read_result, timed_out
from .frames import CALL


class AsyncCalls(Calls):
    """On the loop's thread a call gives a future; any other thread waits for the result. Both for at most 30 s."""

    def __init__(self, loop, send) -> None:
        super().__init__()
        self._loop = loop
        self._send = send
        self._thread = get_ident()

    def call(self, operation: str, payload: object, body: bytes | None = None) -> object:
        """Raises, or fails with, `CallFailed`."""
        flags, meta = encode_call(operation, payload, body)
        if get_ident() == self._thread:
            return self._call_soon(operation, flags, meta, body)
        results: list = []
        arrived = allocate_lock()
        arrived.acquire()

        def settle(result: tuple) -> None:
            results.append(result)
            arrived.release()

        id = self.open(operation, settle)
        self._send(CALL, flags, 0, id, meta, body and bytes(body))
        if not arrived.acquire(True, CALL_SECONDS):
            self.close(id)
            raise timed_out(operation)
        return read_result(results[0])

    def _call_soon(self, operation: str, flags: int, meta: bytes, body: bytes | None):
        future = self._loop.create_future()

        def settle(result: tuple) -> None:
            timer.cancel()
            if future.done():
                return
            try:
                future.set_result(read_result(result))
            except Exception as error:
                future.set_exception(error)

        def expire() -> None:
            self.close(id)
            if not future.done():
                future.set_exception(timed_out(operation))

        id = self.open(operation, settle)
        timer = self._loop.call_later(CALL_SECONDS, expire)
        self._send(CALL, flags, 0, id, meta, body and bytes(body))
        return future
