"""Facts of a log record as JSON can hold them: bounded in depth, number and length."""

from __future__ import annotations

MAX_DEPTH = 6
MAX_ENTRIES = 100
MAX_NODES = 1000
MAX_TEXT = 16384


class Plainer:
    """Makes values plain while its budget of containers lasts. Never raises."""

    def __init__(self):
        self.nodes = MAX_NODES

    def plain(self, value, depth: int = 0):
        """A value of JSON that says what `value` is."""
        kind = type(value)
        if kind is str:
            return bounded(value)
        if value is None or kind is bool or (kind is int and -(2**63) < value < 2**63):
            return value
        if kind is float:
            return value if value - value == 0 else repr(value)
        try:
            return self.container(value, depth)
        except Exception:
            # A `__str__` or a property of the handler's own raised; a log call must not.
            return '[unreadable]'

    def container(self, value, depth: int):
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f'[{memoryview(value).nbytes} bytes]'
        if not isinstance(value, (dict, list, tuple, set, frozenset, BaseException)):
            return bounded(str(value))
        self.nodes -= 1
        if depth >= MAX_DEPTH or self.nodes < 0:
            return '[…]'
        if isinstance(value, BaseException):
            from .failure import describe

            return describe(value)
        if isinstance(value, dict):
            return {bounded(str(key)): self.plain(each, depth + 1) for key, each in first(value.items())}
        return [self.plain(each, depth + 1) for each in first(value)]


def plain_facts(facts: dict) -> dict:
    """Facts as JSON can hold them."""
    return Plainer().plain(facts)


def bounded(text: str, most: int = MAX_TEXT) -> str:
    """A text of a bounded length."""
    return text if len(text) <= most else f'{text[:most]}… ({len(text)} characters)'


def first(values) -> list:
    """The first of many."""
    if len(values) <= MAX_ENTRIES:
        return list(values)
    from itertools import islice

    return list(islice(values, MAX_ENTRIES))
