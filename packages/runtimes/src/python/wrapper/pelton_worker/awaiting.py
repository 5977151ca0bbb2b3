"""Awaitables in a host that has no loop running: a loop is made for the first one, and kept."""

from __future__ import annotations

# Results that need not be awaited, found faster by their type than by asking for `__await__`.
PLAIN = frozenset((str, bytes, dict, list, tuple, type(None)))

kept_loop = None


def finish(awaitable: object) -> object:
    """Runs it to its end and gives its result."""
    global kept_loop
    import asyncio

    if kept_loop is None or kept_loop.is_closed():
        kept_loop = asyncio.new_event_loop()
        asyncio.set_event_loop(kept_loop)
    return kept_loop.run_until_complete(awaitable)


def read_async(chunks: object):
    """An asynchronous iterator as a generator."""
    try:
        while True:
            try:
                chunk = finish(chunks.__anext__())
            except StopAsyncIteration:
                return
            yield chunk
    finally:
        if hasattr(chunks, 'aclose'):
            finish(chunks.aclose())


def is_awaitable(value: object) -> bool:
    return hasattr(value, '__await__')
