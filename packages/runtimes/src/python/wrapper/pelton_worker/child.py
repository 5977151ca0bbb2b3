"""What becomes of the host in a child that the handler forks: there the wire is closed."""

from __future__ import annotations

import _signal
import os

from .calls import CallFailed
from .frames import WIRE_FD
from .outbox import Outbox


class NoOutbox(Outbox):
    """A forked child is no worker: it must not answer, nor hold the socket open after its parent's end."""

    def send(self, *_frame) -> None:
        # A handler that returned in the child: its parent answers.
        os._exit(1)

    def send_log(self, id: int, meta: bytes) -> None:
        """The world itself writes what a child logs."""

    def flush(self) -> None:
        """Nothing waits."""


def no_call(operation: str, payload: object, body: bytes | None = None) -> object:
    raise CallFailed('call_failed', f'call {operation}: a forked process has no trigger')


def keep_children_apart(use: object) -> None:
    """From now on `use(outbox, call)` is called in every child that is forked, with ones that know no wire."""

    def part() -> None:
        try:
            os.close(WIRE_FD)
        except OSError:
            # The handler has closed it.
            pass
        _signal.signal(_signal.SIGTERM, _signal.SIG_DFL)
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        use(NoOutbox(), no_call)

    os.register_at_fork(after_in_child=part)
