"""Runs many events at once on an asyncio loop, or one at a time beside a loop that goes on."""

from __future__ import annotations

from asyncio import Task
from collections import deque

from .async_calls import AsyncCalls
from .async_outbox import AsyncOutbox
from .async_run import Run
from .async_stream import stream
from .awaiting import PLAIN, is_awaitable
from .ending import conclude
from .frames import (
    ABORT,
    BATCH,
    CANCEL,
    EVENT,
    PING,
    PONG,
    RESPONSE,
    RESULT,
    SIZE,
    STOP,
    STREAMED,
    WINDOW,
    WIRE_FD,
    Breach,
)
from .response import encode
from .sync_link import SyncLink
from .turns import Turns, batch_answers, batch_failures, close_log, failure_answer

# Answers not yet written above which no more is read.
MAX_UNWRITTEN_BYTES = 32 << 20
MAX_WAITING = 65536


class AsyncHost:
    """Serves events until it is asked to stop. All of it runs on the loop's thread."""

    def __init__(self, loop, world, link: SyncLink) -> None:
        self._loop = loop
        self._world = world
        self._inbox = link.inbox
        # What came while the function was loaded.
        self._early = link.waiting
        self.outbox = AsyncOutbox(loop)
        self.calls = AsyncCalls(loop, self.outbox.send)
        self.var = world.use_context_var()
        # Done when it was asked to stop and all is answered.
        self.over = loop.create_future()
        self._turns = Turns(world, self.outbox.send)
        self._handler = None
        self._limit = 0
        self._runs: dict[int, Run] = {}
        self._tasks = 0
        self._waiting: deque = deque()
        self._batch: list = []
        self._batch_lacks = 0
        self._stopping = False
        loop.add_reader(WIRE_FD, self.read)

    def serve(self, handler, limit: int) -> None:
        """Begins events, at most `limit` at a time."""
        self._handler = handler
        self._limit = limit
        self._begin_next()

    def fail(self, event, error: BaseException) -> bool:
        """Ends the handler of an event whose task or callback has failed; False when it is over already."""
        run = self._runs.get(event.wire_id)
        return run is not None and run.event is event and run.fail(error)

    def read(self) -> None:
        """Reads once, if anything has arrived, and takes what has."""
        try:
            self._inbox.fill()
            self.take()
        except BlockingIOError:
            return
        except Exception as error:
            conclude(error)
        if self.outbox.size > MAX_UNWRITTEN_BYTES:
            self._loop.remove_reader(WIRE_FD)
            self.outbox.when_drained(lambda: self._loop.add_reader(WIRE_FD, self.read))

    def take(self) -> None:
        """Takes what has been read."""
        while self._early:
            self.receive(self._early.popleft())
        frame = self._inbox.take()
        while frame is not None:
            self.receive(frame)
            frame = self._inbox.take()

    def receive(self, frame: tuple) -> None:
        type, flags, code, id, meta, body = frame
        if self._batch_lacks:
            self._add_to_batch(frame)
        elif type == EVENT:
            self._enqueue([frame])
        elif type == PING:
            self.outbox.send(PONG, 0, 0, id)
        elif type == RESULT:
            self.calls.settle(id, flags, meta, body)
        elif type == BATCH:
            self._batch_lacks = code
        elif type == STOP:
            self._stopping = True
            self._end_when_idle()
        elif type == ABORT or type == CANCEL or type == WINDOW:
            self._tell_run(type, code, id, body)
        else:
            raise Breach('a second start')

    def _tell_run(self, type: int, code: int, id: int, body: bytes) -> None:
        run = self._runs.get(id)
        if run is None:
            # It is over already.
            return
        if type == WINDOW:
            run.grant(SIZE.unpack(body)[0])
        else:
            run.leave(type, code)

    def _add_to_batch(self, frame: tuple) -> None:
        if frame[0] != EVENT:
            raise Breach(f'a frame of type {frame[0]} within a batch')
        self._batch.append(frame)
        self._batch_lacks -= 1
        if self._batch_lacks == 0:
            batch, self._batch = self._batch, []
            self._enqueue(batch, True)

    def _enqueue(self, frames: list, is_batch: bool = False) -> None:
        if len(self._waiting) >= MAX_WAITING:
            raise Breach(f'{MAX_WAITING} events that wait')
        for frame in frames:
            self._runs[frame[3]] = Run(self._loop, frame[3])
        self._waiting.append((frames, is_batch))
        self._begin_next()

    def _begin_next(self) -> None:
        while self._waiting and self._tasks < self._limit:
            frames, is_batch = self._waiting.popleft()
            self._tasks += 1
            runs = [self._runs[frame[3]] for frame in frames]
            work = self._run_batch(runs, frames) if is_batch else self._run_event(runs[0], frames[0])
            task = Task(work, loop=self._loop)
            for run in runs:
                run.task = task

    async def _run_event(self, run: Run, frame: tuple) -> None:
        try:
            loan = self._begin(run, frame)
            if run.event is not None:
                self.var.set(run.event)
                await self._end(run, loan, await self._answer(run))
        except BaseException as error:
            conclude(error)
        self._task_ended()

    async def _run_batch(self, runs: list[Run], frames: list) -> None:
        try:
            batch = [(run, self._begin(run, frame)) for run, frame in zip(runs, frames)]
            batch = [(run, loan) for run, loan in batch if run.event is not None]
            answers = await self._batch_answers([run for run, _ in batch]) if batch else []
            while batch:
                run, loan = batch.pop(0)
                await self._end(run, loan, answers.pop(0))
        except BaseException as error:
            conclude(error)
        self._task_ended()

    def _begin(self, run: Run, frame: tuple):
        """Gives the loan of the event's body, if it has one. Without an event the run has been recalled."""
        begun = self._turns.begin(frame)
        if begun is None:
            del self._runs[run.id]
            return None
        _, run.event, loan = begun
        if run.left == ABORT:
            # The caller has left before the begin.
            run.event.aborted = True
        run.is_interruptible = True
        return loan

    async def _answer(self, run: Run) -> tuple:
        """Calls the handler. Gives the frame that answers the event."""
        world = self._world
        try:
            result = self._handler(world.context, run.event)
            if result.__class__ not in PLAIN and is_awaitable(result):
                result = await result
            code, flags, meta, body = encode(result, world)
            return RESPONSE, flags, code, run.id, meta, body
        except BaseException as error:
            return failure_answer(world, run.id, run.event, run.fault or error)

    async def _batch_answers(self, runs: list[Run]) -> list[tuple]:
        world = self._world
        batch = [(run.id, run.event) for run in runs]
        try:
            result = self._handler(world.context, [run.event for run in runs])
            if is_awaitable(result):
                result = await result
        except BaseException as error:
            fault = next((run.fault for run in runs if run.fault), error)
            return batch_failures(world, batch, fault)
        finally:
            for run in runs:
                run.is_interruptible = False
        return batch_answers(world, batch, result)

    async def _end(self, run: Run, loan, answer: tuple) -> None:
        """Sends the answer, with its stream, and lets go of the event."""
        if answer[1] & STREAMED:
            self.outbox.send(*answer[:5])
            run.is_streaming = run.is_interruptible = True
            self.var.set(run.event)
            answer = await stream(run, self.outbox, self._world, answer[5])
        self.var.set(None)
        close_log(run.event)
        run.event = None
        run.is_interruptible = False
        del self._runs[run.id]
        self._turns.end(loan, answer)

    def _task_ended(self) -> None:
        self._tasks -= 1
        self._begin_next()
        self._end_when_idle()

    def _end_when_idle(self) -> None:
        if self._stopping and not self._runs and not self.over.done():
            self.over.set_result(None)
