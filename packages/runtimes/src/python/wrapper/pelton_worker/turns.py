"""How an event begins and ends in a host, whoever runs the handler in between."""

from __future__ import annotations

from .begun import BegunTable
from .child import end_child
from .ending import conclude
from .event import Event
from .frames import FAILED, IN_MEMORY, MEMORY, RESPONSE, RETURNED, WireGone
from .memory import Loan, Regions
from .response import answer_of, batch_results, encode
from .wire_errors import failed_meta


class Turns:
    """Begins events and ends them."""

    def __init__(self, world, send) -> None:
        self._world = world
        self._send = send
        self._begun = BegunTable()
        self._regions = Regions()

    def begin(self, frame: tuple) -> tuple | None:
        """The wire's id, the event, and the loan where its body lies in shared memory; None when it was recalled."""
        _, flags, code, id, meta, body = frame
        view = None
        if flags & IN_MEMORY:
            region, view = self._regions.open(body)
            body = None
        if not self._begun.begin(id):
            self._send(RETURNED, 0, 0, id)
            return None
        event = Event(self._world, meta, flags, id, body, view)
        if code:
            event.log_code = code
        return id, event, None if view is None else Loan(event, region)

    def end(self, loan: Loan | None, answer: tuple) -> None:
        """Sends what ends an event. By now the host has let go of the event itself."""
        if self._world.is_forked:
            conclude(WireGone())
        send = self._send
        regions = self._regions
        if loan is not None:
            for code, first in regions.take_back(loan):
                send(MEMORY, 0, code, first)
        elif regions.kept:
            for code, first in regions.freed():
                send(MEMORY, 0, code, first)
        send(*answer)


def close_log(event: Event) -> None:
    """What goes on logging for an event after its end must not reach another one that has the wire's id by then."""
    if event.log_code:
        event.log_code = 0


def result_answer(world, id: int, event: Event, result: object) -> tuple:
    """The frame that answers an event with what the handler gave for it, or the exception that stands for it."""
    try:
        if isinstance(result, BaseException):
            raise result
        code, flags, meta, body = encode(result, world)
        return RESPONSE, flags, code, id, meta, body
    except BaseException as error:
        return failure_answer(world, id, event, error)


def failure_answer(world, id: int, event: Event, error: BaseException) -> tuple:
    """The frame that answers an event whose handler has failed, unless its exception says how it is to be answered."""
    if world.is_forked:
        end_child(error)
    try:
        response = answer_of(error)
        if response is not None:
            code, flags, meta, body = encode(response, world)
            return RESPONSE, flags, code, id, meta, body
    except Exception as unreadable:
        error = unreadable
    return FAILED, 0, 0, id, failed_meta(world, event, error)


def batch_answers(world, batch: list, result: object) -> list[tuple]:
    """The frames that answer a batch, ids with their events, from what the handler gave for all of them."""
    try:
        results = batch_results(result, [event for _, event in batch])
    except BaseException as error:
        return batch_failures(world, batch, error)
    return [result_answer(world, id, event, each) for (id, event), each in zip(batch, results)]


def batch_failures(world, batch: list, error: BaseException) -> list[tuple]:
    """The frames that fail the events of a batch whose handler has failed; the log has it once."""
    first = failure_answer(world, *batch[0], error)
    return [(*first[:3], id, *first[4:]) for id, _ in batch]
