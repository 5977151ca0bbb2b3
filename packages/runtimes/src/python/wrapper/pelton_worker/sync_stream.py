"""Streamed bodies of a host that runs one handler at a time."""

from __future__ import annotations

from .awaiting import read_async
from .frames import ABORT, BROKEN, CHUNK, END, HEAD_BYTES, Breach, WireGone
from .response import encode_chunk
from .sync_link import SyncLink
from .wire_errors import LEFT_META, broken_meta


def stream(link: SyncLink, world, chunks: object) -> tuple:
    """
    Sends the chunks of the running event as its reader takes them, and gives the last frame, which tells that all is
    sent or why not. When the reader leaves, or the caller, the producer is closed.
    """
    iterator = read_async(chunks) if hasattr(chunks, '__anext__') else chunks
    try:
        send_chunks(link, iterator)
        if link.left is not None and hasattr(iterator, 'close'):
            iterator.close()
    except (Breach, WireGone):
        raise
    except BaseException as error:
        return BROKEN, 0, 0, link.id, broken_meta(world, link.event, error)
    return (BROKEN, 0, 0, link.id, LEFT_META) if link.left == ABORT else (END, 0, 0, link.id)


def send_chunks(link: SyncLink, iterator) -> None:
    for value in iterator:
        code, chunk = encode_chunk(value)
        # A stream that never uses its window up must hear, too, that its reader has left.
        link.listen()
        if link.left is not None:
            return
        link.window -= HEAD_BYTES + len(chunk)
        link.send(CHUNK, 0, code, link.id, b'', chunk)
        if link.window <= 0:
            link.await_window()
            if link.left is not None:
                return
