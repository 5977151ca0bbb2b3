"""The table of begun events on descriptor 4."""

from __future__ import annotations

from _thread import allocate_lock
from mmap import mmap
from struct import Struct
from time import monotonic

BEGUN_FD = 4
SLOT_MASK = 0xFFFF
SLOT_BYTES = 24

mark = Struct('<dd').pack_into
read_cell = Struct('<d').unpack_from


class BegunTable:
    """Notes what begins, where Pelton sees it even when this process is stuck or dead."""

    def __init__(self) -> None:
        self._table = mmap(BEGUN_FD, 0)
        self._fence = allocate_lock()
        self._fence.acquire()

    def begin(self, id: int) -> bool:
        """Notes that the event begins now; False when it was recalled before: then it must not begin."""
        table = self._table
        at = (id & SLOT_MASK) * SLOT_BYTES
        mark(table, at, monotonic() * 1000, id)
        # The mark must be seen by others before the recall is looked at: Pelton writes the recall and then looks for
        # the mark, so that at least one side sees the other's. Without a full barrier a processor may take the load
        # first, and the event would run twice. A release of a lock followed by an acquire is such a barrier.
        self._fence.release()
        self._fence.acquire()
        return read_cell(table, at + 16)[0] != id
