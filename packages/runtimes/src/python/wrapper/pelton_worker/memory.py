"""Bodies in the shared memory of descriptor 5."""

from __future__ import annotations

from mmap import ACCESS_READ, mmap
from sys import getrefcount

from .event import raw_body
from .frames import MEMORY_FREE, MEMORY_KEPT, REGION, Breach

MEMORY_FD = 5
PAGE_BYTES = 4096

# A mapping costs a descriptor; those beyond are mapped again when they come again.
MAX_MAPPED = 64


class Region:
    """A mapped region. It has the only reference to the mapping, but for the views of whoever holds its bytes."""

    __slots__ = ('first', 'pages', 'bytes')

    def __init__(self, first: int, pages: int) -> None:
        self.first = first
        self.pages = pages
        self.bytes = mmap(MEMORY_FD, pages * PAGE_BYTES, access=ACCESS_READ, offset=first * PAGE_BYTES)


class Loan:
    """A region for the time of an event. Once the host has let go of the event, it has the only reference to it."""

    __slots__ = ('event', 'region')

    def __init__(self, event, region: Region) -> None:
        self.event = event
        self.region = region


def region_references(region: Region) -> int:
    return getrefcount(region.bytes)


def event_references(loan: Loan) -> int:
    return getrefcount(loan.event)


def unheld(holder_class: type, attribute: str, count) -> int:
    """What `count` gives when nobody else holds the attribute; it differs between versions of Python."""
    holder = holder_class.__new__(holder_class)
    setattr(holder, attribute, object())
    return count(holder)


REGION_UNHELD = unheld(Region, 'bytes', region_references)
EVENT_UNHELD = unheld(Loan, 'event', event_references)


class Regions:
    """Maps each region once, and follows those that handlers keep."""

    def __init__(self) -> None:
        self._mapped: dict[int, Region] = {}
        # Held by handlers beyond their events.
        self.kept: list[Region] = []

    def open(self, place: bytes) -> tuple[Region, memoryview]:
        """The region that the body of a frame names, and a read-only view of the bytes used."""
        if len(place) != REGION.size:
            raise Breach(f'a body of {len(place)} bytes that should name a region of memory')
        first, pages, used = REGION.unpack(place)
        if used > pages * PAGE_BYTES:
            raise Breach(f'{used} bytes in a region of {pages} pages')
        region = self._mapped.get(first)
        if region is None or region.pages != pages:
            region = self._map(first, pages)
        return region, memoryview(region.bytes)[:used]

    def take_back(self, loan: Loan) -> list[tuple[int, int]]:
        """
        Ends a loan, before the event is answered. Gives what is to be told of memory: codes and first pages of `memory`
        frames. A region that is still held is mapped anew when it comes again.
        """
        if event_references(loan) > EVENT_UNHELD:
            # Somebody goes on with the event after its answer: its body shall be what it is with small ones.
            raw_body(loan.event)
        loan.event.settle()
        loan.event = None
        told = self.freed()
        region = loan.region
        # Slices and arrays keep the mapping itself, so its references tell exactly whether there are any.
        if region_references(region) > REGION_UNHELD:
            if self._mapped.get(region.first) is region:
                del self._mapped[region.first]
            self.kept.append(region)
            told.append((MEMORY_KEPT, region.first))
        return told

    def freed(self) -> list[tuple[int, int]]:
        """Of those kept, the ones that nobody holds any more, as `take_back` gives them."""
        kept, freed = [], []
        for region in self.kept:
            (kept if region_references(region) > REGION_UNHELD else freed).append(region)
        self.kept = kept
        return [(MEMORY_FREE, region.first) for region in freed]

    def _map(self, first: int, pages: int) -> Region:
        self._mapped.pop(first, None)
        while len(self._mapped) >= MAX_MAPPED:
            del self._mapped[next(iter(self._mapped))]
        region = self._mapped[first] = Region(first, pages)
        return region
