"""Streamed bodies beside a running loop."""

from __future__ import annotations

from asyncio import CancelledError, sleep

from .frames import ABORT, BROKEN, CHUNK, END, HEAD_BYTES
from .response import encode_chunk
from .wire_errors import LEFT_META, broken_meta


async def stream(run, outbox, world, chunks: object) -> tuple:
    """
    Sends the chunks of a run's event as its reader takes them, and gives the last frame, which tells that all is sent
    or why not. When the reader leaves, or the caller, the run's task is cancelled, so that the producer hears of it
    where it waits; then the producer is closed.
    """
    try:
        if run.left is not None:
            # While the handler was still at it: nobody says so once more.
            raise CancelledError()
        if hasattr(chunks, '__anext__'):
            async for value in chunks:
                await send_chunk(run, outbox, value)
        else:
            for value in chunks:
                await send_chunk(run, outbox, value)
    except BaseException as error:
        if run.left is None or not isinstance(error, CancelledError):
            return BROKEN, 0, 0, run.id, broken_meta(world, run.event, run.fault or error)
    if run.left is None:
        return END, 0, 0, run.id
    try:
        await close(chunks)
    except BaseException as error:
        return BROKEN, 0, 0, run.id, broken_meta(world, run.event, error)
    return (BROKEN, 0, 0, run.id, LEFT_META) if run.left == ABORT else (END, 0, 0, run.id)


async def send_chunk(run, outbox, value: object) -> None:
    """Returns when the next one may be sent."""
    code, chunk = encode_chunk(value)
    if run.left is not None:
        # The producer has caught its cancellation and goes on.
        raise CancelledError()
    run.window -= HEAD_BYTES + len(chunk)
    outbox.send(CHUNK, 0, code, run.id, b'', chunk)
    while run.window <= 0:
        await run.more_window()
    while outbox.is_busy:
        await run.wait_for(outbox.when_drained)
    # A producer that never waits would keep the loop to itself.
    await sleep(0)


async def close(chunks: object) -> None:
    if hasattr(chunks, 'aclose'):
        await chunks.aclose()
    elif hasattr(chunks, 'close'):
        chunks.close()
