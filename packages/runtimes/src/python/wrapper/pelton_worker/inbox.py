"""Frames as they arrive on descriptor 3."""

from __future__ import annotations

import os
from errno import ECONNRESET
from io import BytesIO

from .frames import BATCH, HEAD_BYTES, MAX_BODY_BYTES, MAX_META_BYTES, START, WIRE_FD, Breach, WireGone, unpack_head

READ_BYTES = 64 << 10

# A body with more than this still to come is read straight into its own memory.
LARGE_BYTES = 64 << 10

Frame = tuple  # type, flags, code, id, meta, body


class LargeBody:
    """A frame whose body is on its way."""

    def __init__(self, head: tuple, meta: bytes, start: bytes, length: int) -> None:
        self.head = head
        self.meta = meta
        self.got = len(start)
        self.length = length
        # Unlike a bytearray, it gives its memory away as `bytes` without a copy.
        self._memory = BytesIO()
        self._memory.seek(length - 1)
        self._memory.write(b'\0')
        self._view = self._memory.getbuffer()
        self._view[: self.got] = start

    def room(self) -> memoryview:
        """Where the next bytes belong."""
        return self._view[self.got :]

    def frame(self) -> Frame:
        self._view.release()
        return (*self.head, self.meta, self._memory.getvalue())


class Inbox:
    """Holds at most what one read gave and one frame. Its methods are not for two threads at a time."""

    def __init__(self) -> None:
        self._data = b''
        self._at = 0
        self._large: LargeBody | None = None

    def fill(self) -> None:
        """Reads once, blocking or not as the descriptor does (`BlockingIOError`). Raises `WireGone` at the end."""
        large = self._large
        try:
            if large is not None:
                count = os.readv(WIRE_FD, [large.room()])
                large.got += count
            else:
                data = os.read(WIRE_FD, READ_BYTES)
                count = len(data)
                self._data = data if self._at == len(self._data) else self._data[self._at :] + data
                self._at = 0
        except BlockingIOError:
            raise
        except OSError as error:
            # A reset is a peer that is gone.
            raise WireGone() if error.errno == ECONNRESET else WireGone(str(error)) from error
        if count == 0:
            raise WireGone()

    def take(self) -> Frame | None:
        """The next frame: type, flags, code, id, meta, body; None until it has been read. Raises `Breach`."""
        data = self._data
        at = self._at
        if len(data) - at < HEAD_BYTES:
            return self._take_large() if self._large is not None else None
        type, flags, code, id, meta_length, body_length = unpack_head(data, at)
        if type > BATCH or type < START or meta_length > MAX_META_BYTES or body_length > MAX_BODY_BYTES:
            raise Breach(f'no frame: type {type}, meta of {meta_length} bytes, body of {body_length} bytes')
        at += HEAD_BYTES
        middle = at + meta_length
        stop = middle + body_length
        if stop <= len(data):
            self._at = stop
            return type, flags, code, id, data[at:middle], data[middle:stop]
        if middle <= len(data) and stop - len(data) > LARGE_BYTES:
            self._large = LargeBody((type, flags, code, id), data[at:middle], data[middle:], body_length)
            self._data = b''
            self._at = 0
        return None

    def _take_large(self) -> Frame | None:
        large = self._large
        if large.got < large.length:
            return None
        self._large = None
        return large.frame()
