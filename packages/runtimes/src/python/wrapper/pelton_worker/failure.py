"""Exceptions of the handler as the log and the caller are told of them."""

from __future__ import annotations

import os

# Below what a fact of a log record may have.
MAX_STACK = 16000
OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def describe(error: BaseException) -> dict:
    """Name, message and traceback of an exception. Never raises, whatever the exception does."""
    return {'name': type(error).__name__, 'message': message_of(error)[:MAX_STACK], 'stack': stack_of(error)}


def message_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return 'an exception that cannot be shown'


def reason_of(error: BaseException) -> str:
    """What an exception says, in one line; the name of one that says nothing."""
    return message_of(error).partition('\n')[0][:1000] or type(error).__name__


def named_reason(error: BaseException) -> str:
    """`ValueError: what it says`."""
    message = message_of(error).partition('\n')[0][:1000]
    return f'{type(error).__name__}: {message}' if message else type(error).__name__


def stack_of(error: BaseException) -> str:
    """The traceback as Python prints it, without the frames of Pelton and of the import system."""
    try:
        # Only failures need it.
        from traceback import TracebackException

        told = TracebackException(type(error), error, error.__traceback__)
        strip_own_frames(told)
        text = ''.join(told.format()).rstrip()
    except Exception as failure:
        # Out of memory, or a `__str__` of the handler's own that raises.
        why = type(failure).__name__
        return f'{type(error).__name__}: {message_of(error)[:1000]} (its traceback cannot be shown: {why})'
    if len(text) <= MAX_STACK:
        return text
    # The end says what went wrong and where; the beginning how it came there.
    return text[: MAX_STACK // 4] + '\n…\n' + text[-3 * MAX_STACK // 4 :]


def strip_own_frames(told) -> None:
    """Takes them out of an exception and of those behind it."""
    waiting, seen = [told], set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.stack[:] = [frame for frame in each.stack if not is_own(frame.filename)]
        waiting += [each.__cause__, each.__context__, *(getattr(each, 'exceptions', None) or ())]


def is_own(file: str) -> bool:
    """Whether a frame's file is no business of the user's."""
    return file.startswith(OWN_FOLDER) or file.startswith('<frozen importlib')
