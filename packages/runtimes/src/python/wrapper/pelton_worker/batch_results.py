"""A batch handler's result, shared out among its events."""

from __future__ import annotations

from .response_headers import Unreadable


def share_out(result, events) -> list:
    """One entry an event: its result, or an `Unreadable`. Results that are no event's are logged and dropped."""
    if not isinstance(result, (list, tuple)):
        reason = f'a batch handler must return a list with a result for each event, not a {type(result).__name__}'
        return [Unreadable(reason)] * len(events)
    if not any(event_id_of(each) for each in result):
        shared = dict(enumerate(result[: len(events)]))
        stray = len(result) - len(shared)
    else:
        shared, stray = by_event_id(result, events)
    world = events[0]._world
    if stray:
        world.log('warn', 'batch_results_dropped', {'count': stray, 'events': len(events)}, events[0])
    return [shared[at] if at in shared else left_out(world) for at in range(len(events))]


def by_event_id(result, events) -> tuple[dict, int]:
    places = {event.id: at for at, event in enumerate(events)}
    shared: dict = {}
    for each in result:
        at = places.get(event_id_of(each))
        if at is not None:
            shared.setdefault(at, each)
    return shared, len(result) - len(shared)


def event_id_of(result):
    """The id that a response carries; None for any other result."""
    identity = getattr(result, 'event_id', None)
    return identity if isinstance(identity, str) and identity else None


def left_out(world):
    # nuclio answers such an event with an empty 200, which is what None is.
    return None if world.is_nuclio else Unreadable('the batch handler gave no result for this event')
