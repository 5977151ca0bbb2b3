"""Headers and fields of an event in the form that the function's rules ask for."""

from __future__ import annotations

MOST_NAMES = 1024
canonical_names: dict = {}


def text_of(value):
    """A header's value: its bytes arrive one a character, and are text where they are UTF-8."""
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        return value.encode('latin-1').decode()
    except UnicodeError:
        return value


def bytes_of_header(value):
    """The bytes that a header was sent with; what is no text stays."""
    if not isinstance(value, str):
        return value
    try:
        return value.encode('latin-1')
    except UnicodeError:
        return value.encode('utf-8', 'surrogatepass')


def pelton_headers(headers: dict, form) -> dict:
    """Names as they came, lower-case; repeated headers are lists. `form` makes a value what the handler wants."""
    return {
        name: [form(each) for each in value] if isinstance(value, list) else form(value)
        for name, value in headers.items()
    }


def nuclio_headers(headers: dict, form) -> dict:
    """Canonical names; of a repeated header the last value."""
    named = {}
    for name, value in headers.items():
        if isinstance(value, list):
            if not value:
                continue
            value = value[-1]
        named[canonical_names.get(name) or canonical(name)] = form(value)
    return named


def field_bytes(fields: dict) -> dict:
    """Names and texts of fields as UTF-8."""
    return {
        name.encode('utf-8', 'surrogatepass'): (
            value.encode('utf-8', 'surrogatepass') if isinstance(value, str) else value
        )
        for name, value in fields.items()
    }


def canonical(name: str) -> str:
    """`x-foo` is `X-Foo`; a name with a capital is in its source's own spelling and stays."""
    spelled = name if name != name.lower() else '-'.join(part.capitalize() for part in name.split('-'))
    # Callers choose the names: what they could fill is bounded.
    if len(canonical_names) < MOST_NAMES:
        canonical_names[name] = spelled
    return spelled
