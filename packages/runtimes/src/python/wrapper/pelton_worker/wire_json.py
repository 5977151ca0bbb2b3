"""JSON by the C code behind the standard library's `json`: importing that takes longer than all of the host."""

from __future__ import annotations

import _json

INFINITIES = {'NaN': float('nan'), 'Infinity': float('inf'), '-Infinity': float('-inf')}


class NotJson(Exception):
    """A value that JSON cannot hold; the text says why."""


class Reading:
    """What the scanner asks for, as `json` has it by default."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = INFINITIES.__getitem__
    memo: dict = {}


class ReadingBytes(Reading):
    """The same for metas in which bytes stand."""

    @staticmethod
    def object_hook(value: dict):
        encoded = value.get('$bytes')
        if len(value) != 1 or not isinstance(encoded, str):
            return value
        from binascii import a2b_base64

        return a2b_base64(encoded)


def not_encodable(value):
    raise TypeError(f'an object of type {type(value).__name__} is no JSON')


scan = _json.make_scanner(Reading)
scan_bytes = _json.make_scanner(ReadingBytes)
# No cycles are looked for: they end by the recursion limit. NaN and the infinities raise ValueError.
chunks_of = _json.make_encoder(
    markers=None,
    default=not_encodable,
    encoder=_json.encode_basestring_ascii,
    indent=None,
    key_separator=': ',
    item_separator=', ',
    sort_keys=False,
    skipkeys=False,
    allow_nan=False,
)

# The same without spaces, for values that are known to be JSON; NaN and the infinities are written as Python does.
brief_chunks_of = _json.make_encoder(
    None, not_encodable, _json.encode_basestring_ascii, None, ':', ',', False, False, True
)


def read_meta(meta: bytes, has_bytes: bool = False):
    """What a meta of Pelton's says; it has no space around it."""
    return (scan_bytes if has_bytes else scan)(meta.decode(), 0)[0]


def json_bytes(value) -> bytes:
    """A value as JSON, in Python's own form; NaN and the infinities are null. Raises NotJson."""
    try:
        try:
            return ''.join(chunks_of(value, 0)).encode()
        except ValueError:
            # Most values have no NaN: only those that do are walked.
            return ''.join(chunks_of(with_null(value), 0)).encode()
    except RecursionError:
        raise NotJson('it contains itself, or is nested too deeply') from None
    except (TypeError, ValueError) as error:
        raise NotJson(str(error)) from error


def with_null(value):
    """The value with null for NaN and the infinities; as keys they are texts, as Python writes them."""
    if isinstance(value, float):
        return value if is_finite(value) else None
    if isinstance(value, dict):
        return {key_text(key): with_null(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_null(each) for each in value]
    return value


def key_text(key):
    if not isinstance(key, float) or is_finite(key):
        return key
    return 'NaN' if key != key else 'Infinity' if key > 0 else '-Infinity'


def is_finite(value: float) -> bool:
    return value - value == 0
