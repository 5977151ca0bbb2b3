"""What becomes of an event that fails: the record in the log, and what the caller is told."""

from __future__ import annotations

from .failure import describe, reason_of
from .response import Unreadable
from .wire_json import json_bytes

# The texts of the error table of packages/runtimes.
HANDLER_HELP = 'The stack is in the log, with the event id. Set spec.exposeErrors to show the text to callers.'
RESULT_HELP = (
    'Return text, bytes, a dict or list, (status, body), context.Response, a generator or a value that JSON can hold.'
)
STREAM_HELP = 'Catch exceptions inside the generator; every chunk must be text or bytes.'


def error_meta(code: str, message: str, help: str, **more) -> bytes:
    """An error of the user's as the wire has it."""
    error = {'code': code, 'message': message, 'blame': 'user', 'retryable': False, 'help': help, **more}
    return json_bytes(error)


def failed_meta(world, event, error: BaseException) -> bytes:
    if isinstance(error, Unreadable):
        world.log('error', 'result_unreadable', {'reason': error.reason}, event)
        message = f"the handler's result cannot be sent: {error.reason}"
        return error_meta('result_unreadable', message, RESULT_HELP, status=500)
    world.log('error', 'handler_failed', {'error': describe(error)}, event)
    message = reason_of(error) if world.spec.get('exposeErrors') else 'the handler failed'
    return error_meta('handler_failed', message, HANDLER_HELP, status=500)


def broken_meta(world, event, error: BaseException) -> bytes:
    is_unreadable = isinstance(error, Unreadable)
    world.log(
        'error', 'stream_broken', {'reason': error.reason} if is_unreadable else {'error': describe(error)}, event
    )
    return error_meta('stream_broken', f"the handler's stream broke off: {reason_of(error)}", STREAM_HELP)
