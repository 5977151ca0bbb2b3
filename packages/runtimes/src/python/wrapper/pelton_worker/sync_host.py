"""Runs one handler at a time, in the order in which its events come."""

from __future__ import annotations

from .awaiting import PLAIN, finish, is_awaitable
from .frames import BATCH, EVENT, PING, PONG, RESPONSE, RESULT, START, STOP, STREAMED, Breach
from .response import encode
from .sync_link import SyncLink
from .sync_stream import stream
from .turns import Turns, batch_answers, batch_failures, close_log, failure_answer


class SyncHost:
    """Serves events until it is asked to stop."""

    def __init__(self, link: SyncLink, world, handler) -> None:
        self._link = link
        self._world = world
        self._handler = handler
        self._turns = Turns(world, link.send)

    def serve(self) -> None:
        """Returns after `stop`. Raises `WireGone` and `Breach`."""
        link = self._link
        link.reading.acquire()
        while True:
            frame = link.next()
            type = frame[0]
            if type == EVENT:
                self._run_event(frame)
            elif type == BATCH:
                self._run_batch(frame[2])
            elif type == PING:
                link.send(PONG, 0, 0, frame[3])
            elif type == RESULT:
                link.calls.settle(frame[3], frame[1], frame[4], frame[5])
            elif type == STOP:
                return link.reading.release()
            elif type == START:
                raise Breach('a second start')
            # The others are for events that are over already.

    def _run_event(self, frame: tuple) -> None:
        begun = self._turns.begin(frame)
        if begun is None:
            return
        id, event, loan = begun
        link = self._link
        link.reading.release()
        link.run(id, event)
        answer = self._answer(id, event)
        if answer[1] & STREAMED:
            answer = self._stream(answer)
        close_log(event)
        # The loan has the only reference now, but for those of the handler.
        del begun, event
        self._end(loan, answer)
        link.reading.acquire()

    def _answer(self, id: int, event) -> tuple:
        """Calls the handler. Gives the frame that answers the event."""
        world = self._world
        world.set_current(event)
        try:
            result = self._handler(world.context, event)
            if result.__class__ not in PLAIN and is_awaitable(result):
                result = finish(result)
            code, flags, meta, body = encode(result, world)
            return RESPONSE, flags, code, id, meta, body
        except BaseException as error:
            return failure_answer(world, id, event, error)

    def _run_batch(self, count: int) -> None:
        link = self._link
        batch = [begun for begun in (self._turns.begin(self._next_of_batch()) for _ in range(count)) if begun]
        if not batch:
            return
        link.reading.release()
        answers = self._batch_answers(batch)
        while batch:
            id, event, loan = batch.pop(0)
            link.run(id, event)
            answer = answers.pop(0)
            if answer[1] & STREAMED:
                answer = self._stream(answer)
            close_log(event)
            del event
            self._end(loan, answer)
        link.reading.acquire()

    def _next_of_batch(self) -> tuple:
        frame = self._link.next()
        if frame[0] != EVENT:
            raise Breach(f'a frame of type {frame[0]} within a batch')
        return frame

    def _batch_answers(self, batch: list) -> list[tuple]:
        world = self._world
        events = [(id, event) for id, event, _ in batch]
        try:
            result = self._handler(world.context, [event for _, event in events])
            if is_awaitable(result):
                result = finish(result)
        except BaseException as error:
            return batch_failures(world, events, error)
        return batch_answers(world, events, result)

    def _stream(self, answer: tuple) -> tuple:
        """Sends a streamed answer, and gives the frame that ends it."""
        link = self._link
        self._world.set_current(link.event)
        link.send(*answer[:5])
        return stream(link, self._world, answer[5])

    def _end(self, loan, answer: tuple) -> None:
        """Sends the answer before the next event begins: a crash of that one must not take it along."""
        self._link.event = None
        self._world.set_current(None)
        self._turns.end(loan, answer)
