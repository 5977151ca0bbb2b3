"""The wire of a host that runs one handler at a time: nothing is read while it runs, unless it waits for the wire."""

from __future__ import annotations

import os
from _collections import deque
from _thread import allocate_lock, get_ident
from time import monotonic

from .calls import CALL_SECONDS, Calls, encode_call, read_result, timed_out
from .frames import (
    ABORT,
    BYTES_IN_META,
    CALL,
    CANCEL,
    PING,
    PONG,
    RESULT,
    SIZE,
    STREAM_WINDOW_BYTES,
    WINDOW,
    WIRE_FD,
    Breach,
)
from .inbox import Frame, Inbox
from .outbox import Outbox

MAX_WAITING = 65536

# How often a thread that waits for the result of its call looks whether it has to read for itself.
TURN_SECONDS = 0.005


class SyncLink:
    """
    Frames in and out. Whoever holds `reading` may read; the main thread does, but while it runs the handler.
    Frames that arrive meanwhile, for a stream or the result of a call, are sorted: those of the running event have
    their effect, the others wait.
    """

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.outbox = Outbox()
        self.send = self.outbox.send
        self.reading = allocate_lock()
        self.waiting: deque = deque()
        self.calls = Calls()
        # Of the running event.
        self.id = 0
        self.event: object = None
        self.window = STREAM_WINDOW_BYTES
        self.left: int | None = None
        self._main = get_ident()

    def next(self) -> Frame:
        """Waits for the next frame. The caller holds `reading`."""
        if self.waiting:
            return self.waiting.popleft()
        frame = self.inbox.take()
        while frame is None:
            self._fill()
            frame = self.inbox.take()
        return frame

    def run(self, id: int, event: object) -> None:
        """The event is the running one from now on."""
        self.id = id
        self.event = event
        self.window = STREAM_WINDOW_BYTES
        self.left = None

    def listen(self, seconds: float = 0) -> None:
        """Sorts what has arrived, or arrives within the time. The caller does not hold `reading`."""
        if not self._inbox_has_news(seconds):
            return
        with self.reading:
            # Somebody else may have read it meanwhile.
            if self._inbox_has_news(0):
                self._fill()
            self._sort()

    def await_window(self) -> None:
        """Waits until the running event's stream may be sent, or nobody reads it any more."""
        with self.reading:
            self._sort()
            while self.window <= 0 and self.left is None:
                self._fill()
                self._sort()

    def call(self, operation: str, payload: object, body: bytes | None = None) -> object:
        """Waits for the trigger's result, at most 30 s. For any thread. Raises `CallFailed`."""
        flags, meta = encode_call(operation, payload, body)
        results: list = []
        arrived = allocate_lock()
        arrived.acquire()

        def settle(result: tuple) -> None:
            results.append(result)
            arrived.release()

        id = self.calls.open(operation, settle)
        deadline = monotonic() + CALL_SECONDS
        self.send(CALL, flags, 0, id, meta, body and bytes(body))
        while not results:
            if monotonic() > deadline:
                self.calls.close(id)
                raise timed_out(operation)
            if self.reading.locked():
                arrived.acquire(True, TURN_SECONDS)
            else:
                self.listen(TURN_SECONDS)
        return read_result(results[0])

    def _fill(self) -> None:
        """Reads once, waiting for something to read."""
        try:
            self.inbox.fill()
        except BlockingIOError:
            # The handler has made all its descriptors so.
            os.set_blocking(WIRE_FD, True)

    def _inbox_has_news(self, seconds: float) -> bool:
        # Only streams and calls need it.
        import select

        poll = select.poll()
        poll.register(WIRE_FD, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def _sort(self) -> None:
        frame = self.inbox.take()
        while frame is not None:
            if not self._take_effect(frame):
                if len(self.waiting) >= MAX_WAITING:
                    raise Breach(f'{MAX_WAITING} frames that wait')
                self.waiting.append(frame)
            frame = self.inbox.take()

    def _take_effect(self, frame: Frame) -> bool:
        type, flags, code, id, meta, body = frame
        if type == RESULT:
            self.calls.settle(id, flags, meta, body)
        elif type == PING and get_ident() == self._main:
            self.send(PONG, 0, 0, id)
        elif type == WINDOW:
            if id == self.id:
                self.window += SIZE.unpack(body)[0]
        elif type == CANCEL or type == ABORT:
            self._leave(type, id)
        else:
            return False
        return True

    def _leave(self, type: int, id: int) -> None:
        if id == self.id:
            self.left = type
            if type == ABORT and self.event is not None:
                self.event.aborted = True
