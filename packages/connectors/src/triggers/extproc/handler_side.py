"""What the extproc trigger gives handlers as `context.extproc`."""

TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
MOST_NAMES = 256
BODY_MODES = ('NONE', 'STREAMED', 'BUFFERED', 'BUFFERED_PARTIAL', 'FULL_DUPLEX_STREAMED')
HEADER_MODES = ('SEND', 'SKIP')
# By their names in Python, each with its name on the wire.
MODES = {
    'request_body': ('requestBody', BODY_MODES),
    'response_body': ('responseBody', BODY_MODES),
    'response_headers': ('responseHeaders', HEADER_MODES),
    'request_trailers': ('requestTrailers', HEADER_MODES),
    'response_trailers': ('responseTrailers', HEADER_MODES),
}
PROCEED_OPTIONS = (
    'set_headers add_headers remove_headers body path method status trailers metadata mode_override'.split()
)
RESPOND_OPTIONS = 'status headers content_type body'.split()

# Header names that were checked, in lower case.
checked_names: dict = {}


def create_handler_side(call):
    """Makes `context.extproc`. It calls nothing: it makes results, which the trigger reads."""
    return ExtProc()


class ExtProc:
    """
    Makes results for the trigger `extproc`. Nothing happens until the handler returns one. What cannot be sent raises
    `TypeError` or `ValueError`; what is given may be changed afterwards.
    """

    def proceed(
        self,
        *,
        set_headers=None,
        add_headers=None,
        remove_headers=None,
        body=None,
        path=None,
        method=None,
        status=None,
        trailers=None,
        metadata=None,
        mode_override=None,
        **others,
    ):
        """The request or response goes on, changed. None leaves a thing as it is, an empty body empties it."""
        if others:
            raise unknown('proceed has no option', next(iter(others)), PROCEED_OPTIONS)
        extproc: dict = {'action': 'proceed'}
        if set_headers is not None:
            extproc['set'] = header_lines('proceed: set_headers', set_headers, takes_empty=False)
        if add_headers is not None:
            extproc['add'] = header_lines('proceed: add_headers', add_headers)
        if remove_headers is not None:
            extproc['remove'] = header_names('proceed: remove_headers', remove_headers)
        if path is not None:
            extproc['path'] = checked_path(path)
        if method is not None:
            extproc['method'] = checked_method(method)
        if status is not None:
            extproc['status'] = checked_status('proceed', status)
        if trailers is not None:
            extproc['trailers'] = header_lines('proceed: trailers', trailers)
        if metadata is not None:
            extproc['metadata'] = metadata_copy(metadata)
        if mode_override is not None:
            extproc['modeOverride'] = mode_copy(mode_override)
        if body is None:
            return Result(extproc)
        extproc['replacesBody'] = True
        content, content_type = body_content('proceed', body)
        return Result(extproc, body=content, content_type=content_type)

    def respond(self, status=None, headers=None, content_type=None, body=None, **others):
        """The client is answered at once, in the upstream's place: with 200, unless `status` says otherwise."""
        if others:
            raise unknown('respond has no option', next(iter(others)), RESPOND_OPTIONS)
        content, natural_type = body_content('respond', body)
        named = {} if headers is None else headers_of_answer(headers)
        return Result(
            {'action': 'respond'},
            status_code=200 if status is None else checked_status('respond', status),
            headers=named,
            content_type=type_of_answer(content_type, named, natural_type),
            body=content,
        )


class Result:
    """A response with something for its trigger alone."""

    __slots__ = ('status_code', 'headers', 'content_type', 'body', 'extra', 'event_id')

    def __init__(self, extproc: dict, status_code=200, headers=None, content_type='', body=None):
        self.status_code = status_code
        self.headers = {} if headers is None else headers
        self.content_type = content_type
        self.body = body
        self.extra = {'extproc': extproc}
        # Of a batch: the event that it answers.
        self.event_id = None

    def __repr__(self):
        return f'Result(status_code={self.status_code!r}, extra={self.extra!r}, body={self.body!r:.200})'


def header_lines(where: str, given, takes_empty: bool = True) -> list:
    """Names in lower case with their values, one entry a line; a list repeats its name."""
    if hasattr(given, 'items'):
        pairs = given.items()
    elif isinstance(given, (list, tuple)):
        pairs = given
    else:
        raise TypeError(f'{where} must be a dict of names and values, not {kind_of(given)}')
    lines = []
    for pair in pairs:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise TypeError(f'{where} given as a list must be (name, value) pairs')
        name, value = header_name(where, pair[0]), pair[1]
        if not isinstance(value, (list, tuple)):
            lines.append((name, header_value(where, name, value)))
        elif value or takes_empty:
            lines.extend([(name, header_value(where, name, each)) for each in value])
        else:
            raise ValueError(f'{where}[{quoted(name)}] is empty; to remove a header, name it in remove_headers')
    return lines


def header_names(where: str, given) -> list:
    """Header names in lower case."""
    if not isinstance(given, (list, tuple)):
        raise TypeError(f'{where} must be a list of names, not {kind_of(given)}')
    return [header_name(where, name) for name in given]


def header_name(where: str, name) -> str:
    if isinstance(name, bytes):
        # Events have bytes where NUCLIO_PYTHON_DECODE_EVENT_STRINGS says so.
        name = name.decode('latin-1')
    known = checked_names.get(name) if isinstance(name, str) else None
    if known is not None:
        return known
    if not isinstance(name, str):
        raise TypeError(f'{where} has {kind_of(name)} where the name of a header must be')
    if not name or not TOKEN.issuperset(name):
        is_pseudo = name.startswith(':')
        fault = 'is a pseudo-header; path, method and status are options' if is_pseudo else 'is no header name'
        raise ValueError(f'{where}[{quoted(name)}] {fault}')
    lower = name.lower()
    if len(checked_names) < MOST_NAMES:
        checked_names[name] = lower
    return lower


def header_value(where: str, name: str, value) -> str:
    if isinstance(value, bytes):
        value = text_of_bytes(value)
    if isinstance(value, str):
        if not value.isprintable():
            check_text(f'{where}["{name}"]', value)
        return value
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (int, float)):
        return str(value)
    raise TypeError(f'{where}["{name}"] must be text, a number or a boolean, not {kind_of(value)}')


def text_of_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode('latin-1')


def check_text(where: str, text: str) -> None:
    """Refuses control characters, which would end a line, or the message."""
    for char in text:
        if (char < ' ' and char != '\t') or char == '\x7f':
            raise ValueError(f'{where} has the control character U+{ord(char):04X}')


def check_latin1(where: str, text: str) -> None:
    # Responses of every trigger are checked by it again, and Latin-1 is what they may have (RFC 9110 §5.5).
    if not text.isascii() and max(text) > '\xff':
        raise ValueError(f'{where} has characters beyond Latin-1')


def headers_of_answer(given) -> dict:
    """Values by lower-case name; a repeated header has a list."""
    headers: dict = {}
    for name, value in header_lines('respond: headers', given):
        check_latin1(f'respond: headers["{name}"]', value)
        headers.setdefault(name, []).append(value)
    return headers


def type_of_answer(named, headers: dict, natural: str) -> str:
    """As named, else a header's, else the body's."""
    if named is None or named == '':
        return '' if 'content-type' in headers else natural
    if not isinstance(named, str):
        raise TypeError(f'respond: content_type must be text, not {kind_of(named)}')
    check_text('respond: content_type', named)
    check_latin1('respond: content_type', named)
    return named


def checked_path(path) -> str:
    if not isinstance(path, str):
        raise TypeError(f'proceed: path must be text, not {kind_of(path)}')
    if not path.startswith('/') and path != '*':
        raise ValueError(f'proceed: path {quoted(path)} does not begin with "/", nor is it "*"')
    if any(char <= ' ' or char == '\x7f' for char in path):
        fault = 'has a space or control character; encode it (urllib.parse.quote)'
        raise ValueError(f'proceed: path {quoted(path)} {fault}')
    return path


def checked_method(method) -> str:
    if not isinstance(method, str):
        raise TypeError(f'proceed: method must be text, not {kind_of(method)}')
    if not method or not TOKEN.issuperset(method):
        raise ValueError(f'proceed: method {quoted(method)} is no method')
    return method


def checked_status(call: str, status) -> int:
    if isinstance(status, bool) or not isinstance(status, int):
        given = str(status) if isinstance(status, float) else kind_of(status)
        raise TypeError(f'{call}: status must be an integer from 200 to 599, not {given}')
    if not 200 <= status <= 599:
        raise ValueError(f'{call}: status must be an integer from 200 to 599, not {int(status)}')
    # An `http.HTTPStatus` is one, too.
    return int(status)


def body_content(call: str, body) -> tuple:
    """The body as text or bytes of its own, and the content type that JSON has."""
    if body is None or type(body) is bytes:
        return body, ''
    if isinstance(body, str):
        check_utf8(f'{call}: body', body)
        return body, ''
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body), ''
    return json_text(f'{call}: body', body), 'application/json'


def check_utf8(where: str, text: str) -> None:
    try:
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError:
        raise ValueError(f'{where} has lone surrogates, which UTF-8 cannot hold') from None


def json_text(where: str, value) -> str:
    """A value as JSON; NaN and the infinities are null."""
    # Most handlers send none.
    from json import dumps, loads

    try:
        text = dumps(value)
        # A cheap look first: only what has such numbers is written anew.
        if 'NaN' in text or 'Infinity' in text:
            text = dumps(loads(text, parse_constant=lambda name: None))
    except TypeError as error:
        raise TypeError(f'{where} cannot be written as JSON: {error}') from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{where} cannot be written as JSON: {error}') from error
    return text


def metadata_copy(metadata) -> dict:
    """Dynamic metadata by namespace, as JSON has it."""
    if not isinstance(metadata, dict):
        raise TypeError(f'proceed: metadata must be a dict of dicts, not {kind_of(metadata)}')
    from json import loads

    for namespace, values in metadata.items():
        if not isinstance(values, dict):
            raise TypeError(f'proceed: metadata[{quoted(namespace)}] must be a dict, not {kind_of(values)}')
    return loads(json_text('proceed: metadata', metadata))


def mode_copy(given) -> dict:
    """What the proxy is to send of the rest; names may be in camelCase."""
    if not isinstance(given, dict):
        raise TypeError(f'proceed: mode_override must be a dict, not {kind_of(given)}')
    wire_names = dict(MODES.values())
    override = {}
    for name, mode in given.items():
        if name in MODES:
            wire_name, known = MODES[name]
        elif name in wire_names:
            wire_name, known = name, wire_names[name]
        else:
            raise unknown('proceed: mode_override has no', name, MODES)
        if mode is None:
            continue
        if mode not in known:
            shown = quoted(mode) if isinstance(mode, str) else kind_of(mode)
            named = f'{", ".join(known[:-1])} or {known[-1]}'
            raise ValueError(f'proceed: mode_override.{name} must be {named}, not {shown}')
        override[wire_name] = mode
    return override


def unknown(what: str, name, known) -> TypeError:
    """The error that says which name is not known, and which one was probably meant."""
    # Nobody waits for the message of a mistake.
    from difflib import get_close_matches

    plain = {each.replace('_', ''): each for each in known}
    wanted = str(name).replace('_', '').lower()[:64]
    near = [plain[each] for each in get_close_matches(wanted, plain, 1)]
    if near:
        return TypeError(f'{what} {quoted(name)}, did you mean {near[0]}?')
    return TypeError(f'{what} {quoted(name)}; it has {", ".join(known)}')


def quoted(name) -> str:
    """A name as an error shows it, in one line."""
    from json import dumps

    text = str(name)
    return dumps(text if len(text) <= 100 else text[:100] + '…', ensure_ascii=False)


def kind_of(value) -> str:
    """What a value is, in a word."""
    return 'None' if value is None else f'a {type(value).__name__}'
