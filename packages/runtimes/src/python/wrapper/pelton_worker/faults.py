"""Exceptions that nobody catches, in tasks and callbacks that a handler has left behind."""

from __future__ import annotations

import json
import sys

from .failure import describe
from .frames import FAULT

MAX_TEXT = 65536


class Faults:
    """Reports them: the worker will be replaced, since nobody knows what they have left undone."""

    def __init__(self, loop, world, host) -> None:
        self._world = world
        self._var = host.var
        self._host = host
        loop.set_exception_handler(lambda _, context: self.take(context))
        if sys.version_info < (3, 12):
            # Tasks of later versions tell their context.
            loop.set_task_factory(self._make_task)

    def take(self, context: dict) -> None:
        """Takes what the loop tells of; only exceptions of tasks and callbacks are faults, the rest is logged."""
        error = context.get('exception')
        source = context.get('task') or context.get('future') or context.get('handle')
        facts = {} if error is None else {'error': describe(error)}
        event = self._event_of(source)
        if error is None or source is None:
            return self._world.log('warn', str(context.get('message', 'asyncio')), facts, event)
        # The event's failure has the traceback as well.
        if event is None or not self._host.fail(event, error):
            self._world.log('error', 'uncaught_exception', facts, event)
        self.report(facts['error'], event)

    def report(self, error: dict, event=None) -> None:
        fault = {'message': error['message'][:MAX_TEXT] or error['name'], 'stack': error['stack'][:MAX_TEXT]}
        if event is not None:
            fault['eventId'] = event.id
        self._host.outbox.send(FAULT, 0, 0, 0, json.dumps(fault).encode())

    def _event_of(self, source):
        context = source.get_context() if hasattr(source, 'get_context') else getattr(source, '_context', None)
        return getattr(source, 'pelton_event', None) if context is None else context.get(self._var)

    def _make_task(self, loop, coroutine, **options):
        from asyncio import Task

        task = Task(coroutine, loop=loop, **options)
        task.pelton_event = self._var.get()
        return task
