"""Values of an event that have members of their own: `event.connection`."""

from __future__ import annotations


class Members(dict):
    """A dict whose keys are attributes as well: `event.connection['id']` is `event.connection.id`."""

    def __getattr__(self, name: str):
        # What Python itself looks for is never a key.
        if name[:2] == '__' or name not in self:
            raise AttributeError(f'there is no {name!r}')
        return with_members(self[name])


def with_members(value):
    """The value; of a dict one that has its keys as attributes."""
    return Members(value) if type(value) is dict else value
