"""The errors that the host itself words, as metas of the wire; those of handlers are the world's."""

from __future__ import annotations

LEFT_META = (
    b'{"code":"stream_left","message":"nobody reads the stream of the event any more","blame":"upstream",'
    b'"retryable":false,"help":"The caller left or the time was over; event.aborted tells the handler."}'
)


def failed_meta(world, event: object, error: BaseException) -> bytes:
    """The handler has failed: logs why. Gives an answer even when there is no memory to word one."""
    try:
        return world.failed(event, error)
    except BaseException:
        # Of an error that is too much even for the log, the caller is told all the same.
        return b'{"code":"handler_failed","message":"The handler failed"}'


def broken_meta(world, event: object, error: BaseException) -> bytes:
    """The handler's stream broke off: logs why."""
    try:
        return world.broken(event, error)
    except BaseException:
        return b'{"code":"stream_broken","message":"the handler\'s stream broke off"}'
