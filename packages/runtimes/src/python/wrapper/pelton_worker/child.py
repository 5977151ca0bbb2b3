"""What becomes of the host in a child that the handler forks: it is no worker any more."""

from __future__ import annotations

import _signal
import os

from .frames import WIRE_FD

# Whether this process is such a child.
is_forked = False


def keep_children_apart() -> None:
    """From now on a forked child neither answers for its parent nor holds the socket open after its parent's end."""
    os.register_at_fork(after_in_child=part)


def end_child(error: BaseException) -> None:
    """Ends a forked child whose code has left the handler by an exception, as Python would; never returns."""
    # Few handlers fork.
    from .failure import describe
    from .world import write_all

    code = error.code if isinstance(error, SystemExit) else describe(error)['stack']
    if isinstance(code, int) or code is None:
        os._exit((code or 0) & 0xFF)
    write_all(2, f'{code}\n'.encode('utf-8', 'backslashreplace'))
    os._exit(1)


def part() -> None:
    global is_forked
    is_forked = True
    # The descriptor stays taken, so that no file of the handler's gets its number; writing to this one fails.
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, WIRE_FD, False)
    if null != WIRE_FD:
        os.close(null)
    _signal.signal(_signal.SIGTERM, _signal.SIG_DFL)
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)
