"""The end of the host: what is still to be said, and the exit."""

from __future__ import annotations

import os
import sys

from . import child
from .frames import Breach, WireGone


def conclude(error: BaseException) -> None:
    """Ends the process at once because the host cannot go on; never returns."""
    if child.is_forked:
        # A handler has come back in a child: its parent answers.
        os._exit(1)
    if isinstance(error, WireGone):
        if not str(error):
            # Pelton is gone: nobody is left to be told anything.
            os._exit(0)
        give_up(f'its socket cannot be used: {error}; has the handler closed descriptors that are not its own?')
    if isinstance(error, Breach):
        give_up(f'its socket brought {error}')
    import traceback

    give_up('its host has failed: ' + ''.join(traceback.format_exception(type(error), error, error.__traceback__)))


def give_up(reason: str) -> None:
    """Ends the process at once, saying why where anybody may still hear it."""
    try:
        os.write(2, f'the worker ends: {reason}\n'.encode(errors='replace'))
    except OSError:
        # The handler has closed standard error as well.
        pass
    os._exit(1)


def run_exit_functions(world) -> None:
    """Runs what the handler's code has registered for the end of the process."""
    import atexit

    try:
        atexit._run_exitfuncs()
    except BaseException as error:
        log_failure(world, 'exit_function_failed', error)


def log_failure(world, message: str, error: BaseException) -> None:
    from .failure import describe

    world.log('error', message, {'error': describe(error)})


def leave(world, outbox) -> None:
    """Ends the process with everything said; threads of the handler's own do not hold it."""
    world.flush_output()
    for output in (sys.stdout, sys.stderr):
        try:
            output.flush()
        except Exception:
            # The handler has closed or replaced it, and nobody can be told any more.
            continue
    outbox.close()
    os._exit(0)
