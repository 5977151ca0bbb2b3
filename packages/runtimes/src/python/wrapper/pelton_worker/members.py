"""Values of an event that have members of their own: `event.connection`."""

from __future__ import annotations


class Members(dict):
    """
    A dict whose keys are attributes as well: `event.connection['id']` is `event.connection.id`. A key in camelCase is
    found by its name in Python, too: `event.request.content_type`, `event.request['content_type']`.
    """

    def __getattr__(self, name: str):
        # What Python itself looks for is never a key.
        if name[:2] == '__' or (name not in self and camel_case(name) not in self):
            raise AttributeError(f'there is no {name!r}')
        return with_members(self[name])

    def __missing__(self, name):
        other = camel_case(name) if isinstance(name, str) else name
        if other == name or other not in self:
            raise KeyError(name)
        return self[other]


def camel_case(name: str) -> str:
    """`content_type` as the wire has it: `contentType`."""
    first, *others = name.split('_')
    return first + ''.join(word[:1].upper() + word[1:] for word in others)


def with_members(value):
    """The value; of a dict one that has its keys as attributes."""
    return Members(value) if type(value) is dict else value
