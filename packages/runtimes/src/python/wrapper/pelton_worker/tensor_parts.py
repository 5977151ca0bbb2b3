"""Tensors as handlers give them, on their way into a body: entries in its JSON, and the bytes that follow."""

from __future__ import annotations

from .tensors import BY_DTYPE, DTYPES, FORMATS, MEMBERS, InputTensor, find_numpy, flattened, text_form
from .wire_json import brief_chunks_of

DATATYPES = (*FORMATS, 'FP16', 'BF16', 'BYTES')
BY_FORMAT = {**{form: datatype for datatype, form in FORMATS.items()}, 'e': 'FP16'}
# `l` is of 4 or 8 bytes, as the platform has it.
BY_SIZE = {('l', 4): 'INT32', ('l', 8): 'INT64', ('L', 4): 'UINT32', ('L', 8): 'UINT64'}
# Arrays of NumPy whose bytes are those of the protocol.
BY_TYPE_TEXT = {
    '|b1': 'BOOL',
    '|u1': 'UINT8',
    '|i1': 'INT8',
    **{f'<u{size}': f'UINT{8 * size}' for size in (2, 4, 8)},
    **{f'<i{size}': f'INT{8 * size}' for size in (2, 4, 8)},
    **{f'<f{size}': f'FP{8 * size}' for size in (2, 4, 8)},
}
# Arrays up to here are copied at once: a view on them would take longer.
SMALL_BYTES = 16 << 10
# Among these numbers are converted unasked: nothing but digits are lost.
FLOATS = {'FP16', 'BF16', 'FP32', 'FP64'}


def join_parts(head: dict, parts: list) -> tuple:
    """
    A body: its JSON, which has the entries of these parts, and the bytes that follow. The length of the JSON, or None
    when nothing follows.
    """
    # NaN and the infinities are written as Python does, which Pelton reads.
    text = ''.join(brief_chunks_of(head, 0)).encode()
    raws = [raw for _, raw in parts if raw is not None]
    if not raws:
        return text, None
    # Aligned arrays are read without a copy.
    text += b' ' * (-len(text) % 8)
    return b''.join([text, *raws]), len(text)


def output_part(where: str, name, value):
    """
    An output's entry in the JSON, and the bytes that follow it; None when its data is in the entry. Raises `TypeError`
    or `ValueError`, which begin with `where`, for what is no tensor.
    """
    if not isinstance(name, str):
        raise TypeError(f'{where}: the name of an output must be text, not {kind_of(name)}')
    if hasattr(value, '__array__'):
        part = array_part(name, value)
        if part is not None:
            return part
    where = place_of(where, 'output', name)
    datatype, shape, data = read_given(where, value)
    return described_part(where, name, datatype, shape, data)


def array_part(name: str, array):
    """The same for an array of NumPy whose bytes go out as they are, which most do; None for any other one."""
    numpy = find_numpy()
    if array.__class__ is not numpy.ndarray:
        return None
    datatype = BY_TYPE_TEXT.get(array.dtype.str)
    if datatype is None:
        return None
    if array.nbytes <= SMALL_BYTES:
        raw = array.tobytes()
    else:
        raw = memoryview(numpy.ascontiguousarray(array).reshape(-1)).cast('B')
    return raw_part({'name': name}, datatype, list(array.shape), raw)


def place_of(where: str, side: str, name: str) -> str:
    """Where a tensor is, for messages."""
    return f'{where}: {side} {"".join(brief_chunks_of(name[:100], 0))}'


def read_given(where: str, value) -> tuple:
    """Datatype, shape and data of what a handler gives for a tensor; None for what it does not say."""
    if isinstance(value, InputTensor):
        return value.datatype, value.shape, value.data
    if not isinstance(value, dict):
        return None, None, value
    for member in value:
        if member not in MEMBERS:
            raise TypeError(f'{where} has no member {member!r:.100}; it has datatype, shape, data')
    if 'data' not in value:
        raise TypeError(f'{where} has no data')
    shape = checked_shape(where, value.get('shape'))
    return checked_datatype(where, value.get('datatype')), shape, value['data']


def described_part(where: str, name: str, datatype, shape, data):
    entry = {'name': name}
    if hasattr(data, '__array__'):
        datatype, shape, raw = numpy_bytes(where, datatype, shape, data)
    elif isinstance(data, (memoryview, bytearray)) or hasattr(data, 'typecode'):
        view = memoryview(data)
        own = datatype_of_view(where, view)
        if datatype not in (None, own) and (datatype, own) != ('BOOL', 'UINT8'):
            return listed_part(where, entry, datatype, shape, view.tolist())
        datatype, raw = own if datatype is None else datatype, view.tobytes()
        shape = list(view.shape) if shape is None and view.ndim != 1 else shape
        check_count(where, shape, len(raw) // view.itemsize)
    else:
        return listed_part(where, entry, datatype, shape, data)
    return raw_part(entry, datatype, shape, raw)


def raw_part(entry: dict, datatype: str, shape, raw):
    named = {'datatype': datatype} if shape is None else {'datatype': datatype, 'shape': shape}
    return {**entry, **named, 'parameters': {'binary_data_size': len(raw)}}, raw


def listed_part(where: str, entry: dict, datatype, shape, data):
    """An output from a list, or one element; what is not said is as the output is configured."""
    elements = flattened(data) if isinstance(data, (list, tuple)) else [data]
    if datatype == 'BYTES' and shape is not None:
        check_count(where, shape, len(elements))
        return raw_part(entry, datatype, shape, framed(where, elements))
    if datatype is None and elements and isinstance(elements[0], (str, bytes)):
        datatype = 'BYTES'
    # One text alone would be base64.
    listed = elements if datatype == 'BYTES' and not isinstance(data, (list, tuple)) else data
    named = {'datatype': datatype, 'shape': shape, 'data': json_form(where, listed)}
    return {**entry, **{member: value for member, value in named.items() if value is not None}}, None


def json_form(where: str, data):
    """Elements as JSON takes them; those of NumPy become Python's."""
    if isinstance(data, (list, tuple)):
        return [json_form(where, each) for each in data]
    if isinstance(data, bytes):
        return text_form(data)
    if isinstance(data, (bool, int, float, str)):
        return data
    if hasattr(data, 'tolist'):
        return json_form(where, data.tolist())
    raise TypeError(f'{where} has {kind_of(data)} where a number, a text, bytes or a list must be')


def numpy_bytes(where: str, datatype, shape, data):
    """Datatype, shape and raw bytes of what NumPy takes for an array. Numbers are converted if only digits are lost."""
    numpy = find_numpy()
    array = numpy.asarray(data)
    own = 'BYTES' if array.dtype.kind in 'OSU' else BY_DTYPE.get(array.dtype.name)
    if own is None:
        raise TypeError(f'{where} has elements of the type {array.dtype}, which is no datatype')
    shape = list(array.shape) if shape is None else shape
    check_count(where, shape, array.size)
    datatype = own if datatype is None else datatype
    if 'BYTES' in (own, datatype):
        if own != datatype:
            raise TypeError(f'{where} has {array.dtype} elements, which are no {datatype}')
        return datatype, shape, framed(where, array.reshape(-1).tolist())
    if datatype == own == 'BF16':
        return datatype, shape, array.tobytes()
    wanted = numpy.dtype(DTYPES.get(datatype, 'float32')).newbyteorder('<')
    if own != datatype and not numpy.can_cast(array.dtype, wanted, 'same_kind'):
        raise TypeError(f'{where} has {array.dtype} elements, which are no {datatype}; convert them (astype)')
    with numpy.errstate(over='ignore'):
        array = numpy.ascontiguousarray(array, wanted)
    if datatype == 'BF16':
        return datatype, shape, brief_floats(numpy, array)
    # One copy, when the parts are joined; what is empty has no view.
    return datatype, shape, memoryview(array.reshape(-1)).cast('B') if array.size else b''


def brief_floats(numpy, array) -> bytes:
    """The nearest BF16 of floats, ties to even."""
    words = array.reshape(-1).view('<u4')
    rounded = (words + 0x7FFF + ((words >> 16) & 1)) >> 16
    is_nan = (words & 0x7FFFFFFF) > 0x7F800000
    return numpy.where(is_nan, (words >> 16) | 0x40, rounded).astype('<u2').tobytes()


def framed(where: str, elements) -> bytes:
    """Byte strings, each with its length before it."""
    parts = []
    for element in elements:
        if isinstance(element, str):
            element = element.encode('utf-8', 'surrogatepass')
        elif not isinstance(element, (bytes, bytearray, memoryview)):
            raise TypeError(f'{where}: an element of BYTES must be text or bytes, not {kind_of(element)}')
        parts += [len(element).to_bytes(4, 'little'), element]
    return b''.join(parts)


def datatype_of_view(where: str, view: memoryview) -> str:
    form = view.format[1:] if view.format[:1] in '@=<' else view.format
    datatype = BY_SIZE.get((form, view.itemsize)) or BY_FORMAT.get(form)
    if datatype is None:
        raise TypeError(f'{where} has elements of the format {view.format!r}, which is no datatype')
    return datatype


def checked_datatype(where: str, named):
    datatype = named.upper() if isinstance(named, str) else named
    if datatype in (None, *DATATYPES):
        return datatype
    raise TypeError(f'{where}: there is no datatype {named!r:.100}; there are {", ".join(DATATYPES)}')


def checked_shape(where: str, shape):
    if shape is None:
        return None
    sizes = list(shape) if isinstance(shape, (list, tuple)) else [None]
    if not all(hasattr(size, '__index__') and not isinstance(size, bool) and size >= 0 for size in sizes):
        raise TypeError(f'{where}: its shape must be a list of whole numbers from 0 on')
    return [int(size) for size in sizes]


def check_count(where: str, shape, found: int) -> None:
    expected = 1
    for size in shape or ():
        expected *= size
    if shape is not None and found != expected:
        raise ValueError(f'{where}: the shape {shape} has {expected} elements, its data has {found}')


def input_part(where: str, declared: dict, value):
    """
    An input's entry in the JSON, and the bytes that follow it, for a model that declares it so. What the handler does
    not say is as its data and what is declared say. Raises `TypeError` or `ValueError`, which begin with `where`, for
    what is no tensor.
    """
    name, expected = declared['name'], declared['datatype']
    where = place_of(where, 'input', name)
    datatype, shape, data = read_given(where, value)
    if isinstance(data, (list, tuple)) and hasattr(first_leaf(data), '__array__'):
        data = find_numpy().asarray(data)
    if hasattr(data, '__array__'):
        own = BY_DTYPE.get(find_numpy().asarray(data).dtype.name)
        implied = expected if {own, expected} <= FLOATS else None
        datatype, shape, raw = numpy_bytes(where, datatype or implied, shape, data)
        return raw_part({'name': name}, datatype, shape, raw)
    if isinstance(data, (memoryview, bytearray)) or hasattr(data, 'typecode'):
        view = memoryview(data)
        own = datatype_of_view(where, view)
        if datatype is None:
            datatype = expected if {own, expected} <= FLOATS or (own, expected) == ('UINT8', 'BOOL') else own
        is_same = datatype == own or (own, datatype) == ('UINT8', 'BOOL')
        raw = view.tobytes() if is_same else list_bytes(where, datatype, flattened(view.tolist()))
        sizes, count = list(view.shape), view.nbytes // view.itemsize
    else:
        sizes, elements = sizes_of(where, data)
        datatype, count = datatype or expected, len(elements)
        raw = list_bytes(where, datatype, elements)
    if shape is None:
        shape = fitting_shape(sizes, count, declared['shape'])
    check_count(where, shape, count)
    return raw_part({'name': name}, datatype, shape, raw)


def first_leaf(data):
    """The first element of nested lists; None of empty ones."""
    while isinstance(data, (list, tuple)):
        data = data[0] if data else None
    return data


def sizes_of(where: str, data) -> tuple:
    """The sizes of nested lists, none of a bare element, and their elements."""
    sizes, elements = [], [data]
    while elements and any(isinstance(each, (list, tuple)) for each in elements):
        lengths = {len(each) if isinstance(each, (list, tuple)) else None for each in elements}
        if len(lengths) > 1:
            raise ValueError(f'{where}: the lists of its data differ in length or depth')
        sizes += lengths
        elements = [inner for each in elements for inner in each]
    return sizes, elements


def fitting_shape(sizes: list, count: int, declared: list) -> list:
    """The shape of data that came without one: that of its lists, or for flat ones the declared shape, when it fits."""
    if len(sizes) > 1:
        return sizes
    rest, free = 1, []
    for at, size in enumerate(declared):
        if size == -1:
            free.append(at)
        else:
            rest *= size
    if not free and rest == count:
        return list(declared)
    if len(free) == 1 and rest > 0 and count % rest == 0:
        return [count // rest if size == -1 else size for size in declared]
    return sizes


def list_bytes(where: str, datatype: str, elements: list) -> bytes:
    """The raw bytes of elements of a list."""
    if datatype == 'BYTES':
        return framed(where, elements)
    from array import array

    try:
        if datatype == 'BOOL':
            return bytes(map(truth_of, elements))
        if datatype in FLOATS and datatype != 'FP64':
            # Unlike `array` it takes no number that would become infinite.
            from struct import pack

            raw = pack(f'<{len(elements)}{"e" if datatype == "FP16" else "f"}', *array('d', elements))
            return array('H', map(brief_bits, memoryview(raw).cast('I'))).tobytes() if datatype == 'BF16' else raw
        return array(FORMATS[datatype], elements).tobytes()
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f'{where}: its elements are no {datatype}: {error}') from error


def truth_of(element) -> bool:
    """True or False, which may be written as 1 and 0. Raises `ValueError` for anything else."""
    if element not in (False, True):
        raise ValueError(f'{element!r:.100} is neither True nor False')
    return bool(element)


def brief_bits(word: int) -> int:
    """The nearest BF16 of the bits of a float, ties to even. Raises `OverflowError` for one that becomes infinite."""
    if word & 0x7FFFFFFF > 0x7F800000:
        return (word >> 16) | 0x40
    bits = (word + 0x7FFF + ((word >> 16) & 1)) >> 16
    if bits & 0x7FFF == 0x7F80 and word & 0xFFFF:
        raise OverflowError('float too large for BF16')
    return bits


def checked_parameters(where: str, parameters) -> dict:
    """The parameters, when the protocol allows them. Raises `TypeError`, which begins with `where`."""
    if not isinstance(parameters, dict):
        raise TypeError(f'{where}: parameters must be a dict, not {kind_of(parameters)}')
    for name, value in parameters.items():
        is_plain = isinstance(name, str) and isinstance(value, (bool, int, float, str))
        if not is_plain or (isinstance(value, float) and value - value != 0):
            kind = value if isinstance(value, float) else kind_of(value)
            where = f'{where}: the parameter {name!r:.100}'
            raise TypeError(f'{where} must be text, a finite number, True or False, not {kind}')
    return parameters


def kind_of(value) -> str:
    """What a value is, in a word."""
    return 'None' if value is None else f'a {type(value).__name__}'
