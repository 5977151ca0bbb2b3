"""The life of a host with an asyncio loop."""

from __future__ import annotations

import asyncio

from .async_host import AsyncHost
from .awaiting import is_awaitable
from .ending import log_failure
from .failure import describe
from .faults import Faults
from .frames import READY, WireGone
from .host import AHEAD
from .loading import init_failed

# How long tasks that handlers have left behind may clean up at the end.
PARTING_SECONDS = 1.0


def run_async(wire, world, loaded) -> None:
    """Returns when it was asked to stop and all is done. Raises `Refused`."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    host = AsyncHost(loop, world, wire.link)
    wire.use(host.outbox, host.calls.call)
    faults = Faults(loop, world, host)
    main = loop.create_task(live(host, world, loaded))
    while not main.done():
        try:
            loop.run_until_complete(main)
        except (SystemExit, KeyboardInterrupt) as error:
            # A task of the handler's own has left the loop by it; the loop goes on for the others.
            faults.report(describe(error))
        except OSError as error:
            # Of the loop itself: the handler has closed its descriptors as well.
            raise WireGone(str(error)) from error
    main.result()


async def live(host: AsyncHost, world, loaded) -> None:
    host.take()
    if loaded.init_context is not None:
        try:
            await call(loaded.init_context, world.context)
        except BaseException as error:
            raise init_failed(error, loaded, world) from error
    limit = world.spec['concurrency'] if loaded.handler_is_async else 1
    host.outbox.send(READY, 0, 0, 0, ready_meta(limit, loaded.handler_is_async))
    host.serve(loaded.handler, limit)
    await host.over
    for hook in world.run_hooks():
        try:
            await call(hook)
        except BaseException as error:
            log_failure(world, 'stop_callback_failed', error)
    await end_tasks()


def ready_meta(limit: int, is_async: bool) -> bytes:
    """A handler that awaits can be ended without its process; of those that run one at a time the next may wait here."""
    at_deadline = b',"atDeadline":"abort"' if is_async else b',"concurrency":1'
    ahead = b',"ahead":%d' % AHEAD if limit == 1 else b''
    return b'{"protocol":1%b%b}' % (at_deadline, ahead)


async def call(function, *arguments) -> None:
    result = function(*arguments)
    if is_awaitable(result):
        await result


async def end_tasks() -> None:
    """Cancels what handlers have left running, so that it may clean up."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=PARTING_SECONDS)
