"""Frames on their way out by descriptor 3, from any thread."""

from __future__ import annotations

import os

# `collections` itself takes 2 ms to import.
from _collections import deque
from _thread import allocate_lock, get_ident

from .frames import LOG, WIRE_FD, WireGone, pack_head

# Bodies above this are written as they are instead of being copied behind their header.
JOINED_BYTES = 16 << 10

# Frames that may wait while another thread writes. The sender of one more waits for that thread first, but not for
# ever: it may be in a signal handler that wants something which this one holds.
MAX_WAITING = 1000
PATIENCE_SECONDS = 0.02

# How long the end of the host waits for a thread that writes.
CLOSING_SECONDS = 1.0


def encode_frame(type: int, flags: int, code: int, id: int, meta: bytes, body: bytes | None) -> tuple:
    """A frame as one or two pieces."""
    size = 0 if body is None else len(body)
    head = pack_head(type, flags, code, id, len(meta), size)
    if size == 0:
        return (head + meta,)
    return (b''.join((head, meta, body)),) if size <= JOINED_BYTES else (head + meta, body)


class Outbox:
    """
    Writes each frame before `send` returns. Any thread may send, a signal handler in the midst of another frame as
    well: what cannot be written at once is written by whoever is writing.
    """

    def __init__(self) -> None:
        self._waiting: deque = deque()
        self._writing = allocate_lock()
        # The thread that holds it.
        self._writer = 0

    def send(self, type: int, flags: int, code: int, id: int, meta: bytes = b'', body: bytes | None = None) -> None:
        """Raises `WireGone` when the socket has ended."""
        pieces = encode_frame(type, flags, code, id, meta, body)
        if not self._writing.acquire(False):
            return self._leave(pieces)
        self._writer = get_ident()
        try:
            write_pieces(pieces)
        finally:
            self._writing.release()
        if self._waiting:
            self.flush()

    def send_log(self, id: int, meta: bytes) -> None:
        self.send(LOG, 0, 0, id, meta)

    def flush(self) -> None:
        """Writes what waits, unless another thread is at it."""
        waiting = self._waiting
        while waiting and self._writing.acquire(False):
            self._writer = get_ident()
            try:
                while waiting:
                    write_pieces(waiting.popleft())
            finally:
                self._writing.release()

    def close(self) -> None:
        """Writes what waits. Nobody writes after that."""
        self.flush()
        if self._writing.acquire(True, CLOSING_SECONDS):
            self._writing.release()
            self.flush()
            self._writing.acquire(False)

    def _leave(self, pieces: tuple) -> None:
        is_crowded = len(self._waiting) > MAX_WAITING and self._writer != get_ident()
        if is_crowded and self._writing.acquire(True, PATIENCE_SECONDS):
            self._writing.release()
        self._waiting.append(pieces)
        # The other thread may have looked for the last time before that.
        self.flush()


def write_pieces(pieces: tuple) -> None:
    """Writes all of it, waiting where the socket is full."""
    sent = write_some(pieces)
    for piece in pieces:
        size = len(piece)
        if sent < size:
            write_rest(memoryview(piece), sent)
            sent = 0
        else:
            sent -= size


def write_rest(view: memoryview, sent: int) -> None:
    while sent < len(view):
        count = write_some((view[sent:],))
        if count == 0:
            await_room()
        sent += count


def write_some(pieces) -> int:
    """Bytes written; 0 when the socket is full and the descriptor does not block."""
    try:
        return os.write(WIRE_FD, pieces[0]) if len(pieces) == 1 else os.writev(WIRE_FD, pieces)
    except BlockingIOError:
        return 0
    except OSError as error:
        raise WireGone(str(error)) from error


def await_room() -> None:
    import select

    poll = select.poll()
    poll.register(WIRE_FD, select.POLLOUT)
    poll.poll()
