"""One event on its way through an asynchronous handler."""

from __future__ import annotations

from asyncio import Task

from .frames import ABORT, DEADLINE, STREAM_WINDOW_BYTES


class Run:
    """An event, or one of a batch. Its task is the batch's, then."""

    __slots__ = ('id', 'event', 'task', 'window', 'left', 'is_streaming', 'is_interruptible', 'fault', '_loop', '_more')

    def __init__(self, loop, id: int) -> None:
        self.id = id
        # From its begin on.
        self.event = None
        self.task: Task | None = None
        self.window = STREAM_WINDOW_BYTES
        self.left: int | None = None
        self.is_streaming = False
        # Whether the task is in code of this event's handler, not in that of another event of its batch.
        self.is_interruptible = False
        # An exception that nobody caught, of a task or callback of this event.
        self.fault: BaseException | None = None
        self._loop = loop
        self._more = None

    def grant(self, bytes: int) -> None:
        """The reader of the stream has taken so many bytes more."""
        self.window += bytes
        self._wake()

    def leave(self, type: int, code: int) -> None:
        """The caller has left, or its time is over, or nobody reads the stream."""
        if type == ABORT and self.event is not None:
            self.event.aborted = True
        is_first = self.left is None
        self.left = type
        if self.is_interruptible and (code == DEADLINE or (self.is_streaming and is_first)):
            self.task.cancel()

    def fail(self, error: BaseException) -> bool:
        """Ends the handler, whose task or callback has failed; False when it is not running any more."""
        if not self.is_interruptible:
            return False
        self.fault = error
        self.task.cancel()
        return True

    async def more_window(self) -> None:
        """Waits until the window grows."""
        await self.wait_for(lambda wake: None)

    async def wait_for(self, subscribe) -> None:
        """Waits until what was subscribed to calls back, or the window grows."""
        self._more = self._loop.create_future()
        subscribe(self._wake)
        await self._more

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)
