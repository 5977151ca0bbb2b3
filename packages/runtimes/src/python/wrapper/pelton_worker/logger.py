"""What a handler logs with."""

from __future__ import annotations

import sys

LEVELS = {'debug': 1, 'info': 2, 'warn': 3, 'error': 4}


class Logger:
    """
    nuclio's logger: messages with printf-style arguments, `…_with` with facts. `take(level, message, facts)` is told
    of each; no call raises.
    """

    def __init__(self, take, bound: dict | None = None, bind_here=None):
        self._take = take
        self._bound = bound or {}
        self._bind_here = bind_here

    def debug(self, message, *args, exc_info=None):
        self._log('debug', message, args, {}, exc_info)

    def info(self, message, *args, exc_info=None):
        self._log('info', message, args, {}, exc_info)

    def warn(self, message, *args, exc_info=None):
        self._log('warn', message, args, {}, exc_info)

    def error(self, message, *args, exc_info=None):
        self._log('error', message, args, {}, exc_info)

    def exception(self, message, *args, exc_info=True):
        """An error with the traceback of the exception that is being handled."""
        self._log('error', message, args, {}, exc_info)

    warning = warn
    critical = error
    fatal = error

    def debug_with(self, /, *args, **facts):
        self._log_with('debug', args, facts)

    def info_with(self, /, *args, **facts):
        self._log_with('info', args, facts)

    def warn_with(self, /, *args, **facts):
        self._log_with('warn', args, facts)

    def error_with(self, /, *args, **facts):
        self._log_with('error', args, facts)

    warning_with = warn_with
    critical_with = error_with

    def bind(self, /, **facts) -> Logger:
        """A logger whose records carry these facts. On the context's own they hold for the rest of the event, too."""
        if self._bind_here is not None:
            self._bind_here(facts)
        return Logger(self._take, {**self._bound, **facts})

    def _log_with(self, level: str, args: tuple, facts: dict) -> None:
        """A keyword `message` is a fact, unless it is all the message that there is."""
        message, *others = args or (facts.pop('message', ''),)
        self._log(level, message, tuple(others), facts)

    def _log(self, level: str, message, args: tuple, facts: dict, exc_info=None) -> None:
        if self._bound:
            facts = {**self._bound, **facts}
        error = exception_of(exc_info) if exc_info else message if isinstance(message, BaseException) else None
        if error is not None and 'error' not in facts:
            facts = {**facts, 'error': error}
        self._take(level, message_text(message, args), facts)


def exception_of(exc_info):
    """The exception that `exc_info` means, as in the standard library's logging."""
    if isinstance(exc_info, BaseException):
        return exc_info
    return exc_info[1] if isinstance(exc_info, tuple) and len(exc_info) > 1 else sys.exc_info()[1]


def message_text(message, args: tuple) -> str:
    """The message with its arguments; those that do not fit are appended. Never raises."""
    try:
        text = message if isinstance(message, str) else str(message)
        if not args:
            return text
        # A single dict holds the values of `%(name)s`, as in the standard library.
        return text % (args[0] if len(args) == 1 and isinstance(args[0], dict) and args[0] else args)
    except Exception:
        return unformatted(message, args)


def unformatted(message, args: tuple) -> str:
    try:
        return f'{message} {args!r}'
    except Exception:
        return '[unreadable]'
