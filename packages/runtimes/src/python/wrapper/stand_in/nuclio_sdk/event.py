"""The event, as handlers make one for `context.platform.call_function`."""

from pelton_worker.plain_event import PlainEvent as Event
from pelton_worker.plain_event import TriggerInfo

__all__ = ['Event', 'TriggerInfo']
