"""What a handler gave as headers, read and checked (RFC 9110 §5)."""

from __future__ import annotations

TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
MOST_TYPES = 256

# Content types that were checked, as they go into a frame.
checked_types: dict = {}


class Unreadable(Exception):
    """A handler's result that is no response; `reason` says why."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def read_headers(given) -> tuple[list, str]:
    """Pairs of name and text, and the content type taken out of them. Lists are repeated headers, None is none."""
    pairs = given.items() if hasattr(given, 'items') else given
    named, content_type = [], ''
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise Unreadable('headers must be a dict, or a list of (name, value) pairs')
        name = header_name(pair[0])
        values = pair[1] if isinstance(pair[1], (list, tuple)) else (pair[1],)
        for value in values:
            if value is None:
                continue
            text = header_text(name, value)
            if name.lower() == 'content-type':
                content_type = text
            else:
                named.append((name, text))
    return named, content_type


def header_name(name) -> str:
    if isinstance(name, bytes):
        name = name.decode('latin-1')
    if not isinstance(name, str) or not name or not TOKEN.issuperset(name):
        raise Unreadable(f'invalid header name {name!r:.100}')
    return name


def header_text(name: str, value) -> str:
    if isinstance(value, bytes):
        value = value.decode('latin-1')
    elif isinstance(value, bool):
        value = 'true' if value else 'false'
    elif isinstance(value, (int, float)):
        value = str(value)
    elif not isinstance(value, str):
        raise Unreadable(f'the value of header {name} is neither text nor a number but a {type(value).__name__}')
    if not is_field_value(value):
        raise Unreadable(f'invalid characters in the value of header {name}')
    return value


def type_bytes(content_type) -> bytes:
    """A content type as it goes into a frame."""
    known = checked_types.get(content_type) if isinstance(content_type, str) else None
    if known is not None:
        return known
    if not isinstance(content_type, str):
        raise Unreadable(f'content_type must be a text, not a {type(content_type).__name__}')
    if not is_field_value(content_type):
        raise Unreadable('invalid characters in content_type')
    encoded = content_type.encode()
    if len(checked_types) < MOST_TYPES:
        checked_types[content_type] = encoded
    return encoded


def is_field_value(text: str) -> bool:
    """Whether a text can be sent: visible characters of latin-1, spaces and tabs."""
    if text.isascii() and text.isprintable():
        return True
    return all(char == '\t' or ' ' <= char <= '~' or '\x80' <= char <= '\xff' for char in text)
