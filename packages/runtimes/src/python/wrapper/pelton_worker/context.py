"""What a handler is given beside the event."""

from __future__ import annotations

from types import SimpleNamespace

from .plain_event import TriggerInfo
from .response import Response


class Context:
    """nuclio's context: logger, platform, user_data, Response, and who the worker is. Handlers may add to it."""

    def __init__(self, logger=None, platform=None, worker_id=None, trigger=None, logger_per_async_task=False):
        self.logger = logger
        self.platform = platform
        self.user_data = SimpleNamespace()
        self.Response = Response
        self.worker_id = worker_id
        self.trigger = TriggerInfo() if trigger is None else trigger
        self.trigger_name = self.trigger.name
        self.function_name = ''
        self.function_version = ''


def worker_context(world, spec: dict) -> Context:
    """The context of a worker: one object for all its events."""
    from .logger import Logger
    from .platform import WorkerPlatform

    function = spec.get('function') or {}
    logger = Logger(world.log, bind_here=world.bind)
    context = Context(logger, WorkerPlatform(world, function), spec.get('index', 0), world.trigger)
    context.function_name = function.get('name', '')
    context.function_version = function.get('version', '')
    return context
