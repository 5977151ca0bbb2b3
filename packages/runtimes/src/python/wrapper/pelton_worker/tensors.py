"""Tensors as handlers get them: arrays of NumPy where it is, memoryviews and lists where it is not."""

from __future__ import annotations

# What `memoryview` calls the elements of each datatype, which lie little-endian; the two others have their own ways.
FORMATS = {
    'BOOL': '?',
    'UINT8': 'B',
    'UINT16': 'H',
    'UINT32': 'I',
    'UINT64': 'Q',
    'INT8': 'b',
    'INT16': 'h',
    'INT32': 'i',
    'INT64': 'q',
    'FP32': 'f',
    'FP64': 'd',
}
# Datatypes by the names of NumPy; `bfloat16` is that of other packages.
BY_DTYPE = {
    'bool': 'BOOL',
    **{f'{kind}{bits}': f'{kind}{bits}'.upper() for kind in ('uint', 'int') for bits in (8, 16, 32, 64)},
    'float16': 'FP16',
    'float32': 'FP32',
    'float64': 'FP64',
    'bfloat16': 'BF16',
}
DTYPES = {datatype: name for name, datatype in BY_DTYPE.items() if datatype != 'BF16'}
MEMBERS = ('name', 'datatype', 'shape', 'data')

# NumPy, None where there is none, or False as long as nobody asked for it: importing it takes a while.
known_numpy = False


class InputTensor:
    """A tensor that a handler is given; it can be given on as it is. Its data is read-only."""

    __slots__ = MEMBERS

    def __init__(self, name: str, datatype: str, shape: list, data):
        self.name = name
        self.datatype = datatype
        self.shape = shape
        self.data = data

    def __repr__(self):
        return f'InputTensor(name={self.name!r}, datatype={self.datatype!r}, shape={self.shape!r})'


def pair_bytes(entries: list, body, at) -> list:
    """Tensors of a body's JSON with the bytes of each, from `at` on; None for those whose data is in the JSON."""
    pairs = []
    rest = memoryview(body)
    for entry in entries:
        size = entry.get('parameters', {}).get('binary_data_size')
        pairs.append((entry, None if size is None else rest[at : at + size]))
        at = at if size is None else at + size
    return pairs


def tensors_by_name(pairs: list) -> dict:
    """Tensors as handlers see them, from what `pair_bytes` gives."""
    tensors = {}
    for entry, raw in pairs:
        name, datatype, shape = entry['name'], entry['datatype'], entry['shape']
        data = listed_data(datatype, shape, entry['data']) if raw is None else array_of(datatype, shape, raw)
        tensors[name] = InputTensor(name, datatype, shape, data)
    return tensors


def find_numpy():
    """NumPy, or None where it is not installed."""
    global known_numpy
    if known_numpy is False:
        try:
            import numpy
        except ImportError:
            # Handlers that do not need it get along without.
            numpy = None
        known_numpy = numpy
    return known_numpy


def array_of(datatype: str, shape: list, raw: memoryview):
    """The elements of raw bytes: in their shape with NumPy, otherwise row by row. BYTES are a list."""
    numpy = find_numpy() if datatype != 'BYTES' else None
    if numpy is None:
        return elements_of(datatype, raw)
    if datatype == 'BF16':
        array = (numpy.frombuffer(raw, '<u2').astype('<u4') << 16).view('<f4')
    else:
        array = numpy.frombuffer(raw, DTYPES[datatype]) if raw.nbytes else numpy.empty(0, DTYPES[datatype])
        array = array if array.flags.aligned else array.copy()
    array = array.reshape(shape)
    # As the bytes are that it may lie in.
    array.flags.writeable = False
    return array


def elements_of(datatype: str, raw: memoryview):
    """The elements of raw bytes row by row: a memoryview, or a list where there is no view of them."""
    if datatype == 'BYTES':
        return framed_elements(raw)
    if datatype == 'FP16':
        from struct import unpack

        return list(unpack(f'<{raw.nbytes // 2}e', raw))
    if datatype == 'BF16':
        from array import array

        words = array('I', [bits << 16 for bits in raw.cast('H')])
        return memoryview(words).cast('B').cast('f').tolist()
    return raw.cast(FORMATS[datatype])


def framed_elements(raw: memoryview) -> list:
    """Byte strings that each have their length before them."""
    elements, at = [], 0
    while at < raw.nbytes:
        start = at + 4
        at = start + int.from_bytes(raw[at:start], 'little')
        elements.append(bytes(raw[start:at]))
    return elements


def listed_data(datatype: str, shape: list, data: list):
    """The elements of a list, which may be nested, as those of raw bytes would be."""
    flat = flattened(data)
    if datatype == 'BYTES':
        return [bytes_form(element) for element in flat]
    numpy = find_numpy()
    if numpy is not None:
        array = numpy.array(flat, DTYPES.get(datatype, 'float32')).reshape(shape)
        array.flags.writeable = False
        return array
    if datatype not in FORMATS:
        return flat
    if datatype == 'BOOL':
        return memoryview(bytes(map(bool, flat))).cast('?')
    from array import array

    return memoryview(array(FORMATS[datatype], flat)).toreadonly()


def flattened(data) -> list:
    """The elements of nested lists."""
    while any(isinstance(element, (list, tuple)) for element in data):
        data = [inner for each in data for inner in (each if isinstance(each, (list, tuple)) else (each,))]
    return list(data)


def text_form(element: bytes):
    """Bytes as JSON has them: text, or base64 when they are none."""
    try:
        return element.decode()
    except UnicodeDecodeError:
        from base64 import b64encode

        return {'b64': b64encode(element).decode()}


def bytes_form(element) -> bytes:
    if isinstance(element, str):
        return element.encode('utf-8', 'surrogatepass')
    from base64 import b64decode

    return b64decode(element['b64'])
