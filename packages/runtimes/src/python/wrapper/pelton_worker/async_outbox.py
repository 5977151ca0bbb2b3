"""Frames on their way out beside a running loop."""

from __future__ import annotations

import os
from _thread import get_ident
from collections import deque

from .ending import conclude
from .frames import LOG, WIRE_FD, WireGone
from .outbox import Outbox, await_room, encode_frame, write_some

# Small frames are joined up to about so much for one write.
TURN_BYTES = 128 << 10

# Above it, log records wait for the socket, and streams wait with their next chunk.
BUSY_BYTES = 1 << 20


class AsyncOutbox(Outbox):
    """
    What one turn of the loop sends goes out in one write, as far as the socket takes it; the rest when there is room.
    Other threads write what they send themselves. Made on the loop's thread; the descriptor does not block any more.
    """

    def __init__(self, loop) -> None:
        super().__init__()
        os.set_blocking(WIRE_FD, False)
        self._loop = loop
        self._thread = get_ident()
        self._scheduled = False
        self._blocked = False
        # What has been taken from those that wait, and is not written yet.
        self._rest: deque = deque()
        self._when_drained: list = []
        # Bytes not written yet; about right while other threads send.
        self.size = 0

    def send(self, type: int, flags: int, code: int, id: int, meta: bytes = b'', body: bytes | None = None) -> None:
        pieces = encode_frame(type, flags, code, id, meta, body)
        self._waiting.append(pieces)
        self.size += sum(map(len, pieces))
        if get_ident() != self._thread:
            self.flush()
            if self._when_drained:
                self._loop.call_soon_threadsafe(self._call_drained)
        elif not self._scheduled and not self._blocked:
            self._scheduled = True
            self._loop.call_soon(self._write_turn)

    def send_log(self, id: int, meta: bytes) -> None:
        self.send(LOG, 0, 0, id, meta)
        if self.size > BUSY_BYTES:
            # A handler that logs without ever awaiting would fill the memory.
            self.flush()

    def flush(self) -> None:
        """Writes all that waits, however long the socket takes, unless another thread is at it."""
        while (self._waiting or self._rest) and self._writing.acquire(False):
            try:
                while not self._write_what_fits():
                    await_room()
            finally:
                self._writing.release()

    def when_drained(self, callback) -> None:
        """Calls back, on the loop, when most of what was sent has been written."""
        self._when_drained.append(callback)
        self._call_drained()

    @property
    def is_busy(self) -> bool:
        return self.size > BUSY_BYTES

    def _write_turn(self) -> None:
        self._scheduled = False
        if not self._writing.acquire(False):
            # Another thread is writing, and looks for more before it ends.
            return
        try:
            is_done = self._write_what_fits()
        except WireGone as error:
            conclude(error)
        finally:
            self._writing.release()
        if is_done and self._blocked:
            self._loop.remove_writer(WIRE_FD)
        elif not is_done and not self._blocked:
            self._loop.add_writer(WIRE_FD, self._write_turn)
        self._blocked = not is_done
        self._call_drained()

    def _write_what_fits(self) -> bool:
        """Whether all was written. The caller holds `_writing`."""
        rest = self._rest
        while self._waiting or rest:
            if not rest:
                rest.extend(self._take_turn())
            sent = write_some((rest[0],))
            self.size -= sent
            if sent == len(rest[0]):
                rest.popleft()
            elif sent == 0:
                return False
            else:
                rest[0] = memoryview(rest[0])[sent:]
        self.size = 0
        return True

    def _take_turn(self) -> list:
        """Takes frames for one write; a large body for itself."""
        small: list = []
        size = 0
        while self._waiting and size < TURN_BYTES:
            pieces = self._waiting.popleft()
            small.append(pieces[0])
            size += len(pieces[0])
            if len(pieces) > 1:
                return [b''.join(small), pieces[1]]
        return [b''.join(small)]

    def _call_drained(self) -> None:
        if self.is_busy:
            return
        callbacks, self._when_drained = self._when_drained, []
        for callback in callbacks:
            callback()
