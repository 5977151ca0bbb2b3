"""The host of a Python function: takes the start, loads the function and serves it until the wire ends."""

from __future__ import annotations

import _signal
import os

from .child import keep_children_apart
from .ending import conclude, leave, log_failure, run_exit_functions
from .frames import READY, REFUSED, START, WIRE_FD, Breach
from .loading import Refused, init_failed, load, prepare_path
from .sync_link import SyncLink
from .wire_json import read_meta
from .world import World

# Events that may wait in the socket and here while one runs: so many that none has to be waited for.
AHEAD = 16


class Wire:
    """By what the world speaks: it changes when a loop runs."""

    def __init__(self) -> None:
        self.link = SyncLink()
        self.outbox = self.link.outbox
        self.call = self.link.call

    def use(self, outbox, call) -> None:
        self.outbox = outbox
        self.call = call


def main() -> None:
    """Never returns."""
    wire = Wire()
    try:
        keep_the_wire()
        frame = wire.link.next()
        if frame[0] != START:
            raise Breach(f'a frame of type {frame[0]} before the start')
        run(wire, read_meta(frame[4]))
    except BaseException as error:
        conclude(error)


def keep_the_wire() -> None:
    """Pelton asks the host to stop by the wire: signals that go to the whole group come too early."""
    # Not SIG_IGN: programs that the handler starts would inherit it.
    for signal in (_signal.SIGINT, _signal.SIGTERM):
        _signal.signal(signal, lambda *_: None)
    os.set_blocking(WIRE_FD, True)
    for descriptor in (WIRE_FD, 4, 5):
        try:
            os.set_inheritable(descriptor, False)
        except OSError:
            # There is not always shared memory.
            continue
    keep_children_apart()


def run(wire: Wire, spec: dict) -> None:
    world = World(
        spec,
        lambda id, meta: wire.outbox.send_log(id, meta),
        lambda operation, payload, body=None: wire.call(operation, payload, body),
    )
    world.capture_output()
    try:
        prepare_path(spec)
        if spec.get('handlerSides'):
            # Only functions whose triggers give handlers something load it.
            from .handler_sides import add_handler_sides

            add_handler_sides(world)
        loaded = load(spec, world)
        if loaded.is_async:
            # Loaded only here: asyncio takes longer to import than all the rest.
            from .async_main import run_async

            run_async(wire, world, loaded)
        else:
            run_sync(wire, world, loaded)
    except Refused as refused:
        wire.outbox.send(REFUSED, 0, 0, 0, refused.meta)
    else:
        run_exit_functions(world)
    leave(world, wire.outbox)


def run_sync(wire: Wire, world, loaded) -> None:
    """Returns when it was asked to stop and all is done. Raises `Refused`."""
    from .awaiting import finish, is_awaitable
    from .sync_host import SyncHost

    def call(function, *arguments) -> None:
        result = function(*arguments)
        if is_awaitable(result):
            finish(result)

    if loaded.init_context is not None:
        try:
            call(loaded.init_context, world.context)
        except BaseException as error:
            raise init_failed(error, loaded, world) from error
    host = SyncHost(wire.link, world, loaded.handler)
    wire.outbox.send(READY, 0, 0, 0, b'{"protocol":1,"concurrency":1,"ahead":%d}' % AHEAD)
    host.serve()
    for hook in world.run_hooks():
        try:
            call(hook)
        except BaseException as error:
            log_failure(world, 'stop_callback_failed', error)
