"""Standard output and error of the handler's code as log records of its event."""

from __future__ import annotations

import io
from _thread import RLock
from codecs import getincrementaldecoder

from .world import write_all

MAX_LINE = 16384


class LogStream(io.TextIOBase):
    """Takes the place of `sys.stdout` or `sys.stderr`: each line is a record, with whose event it was written for."""

    encoding = 'utf-8'
    errors = 'backslashreplace'
    newlines = None
    line_buffering = True
    write_through = True
    mode = 'w'

    def __init__(self, world, level: str, descriptor: int):
        self.buffer = ByteStream(self)
        self.name = '<stdout>' if descriptor == 1 else '<stderr>'
        self._world = world
        self._level = level
        self._descriptor = descriptor
        self._rest = ''
        self._owner = None
        # Threads of the handler print, too; a record may be taken while a signal handler prints.
        self._lock = RLock()

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f'write() argument must be str, not {type(text).__name__}')
        if self._world.is_forked:
            write_all(self._descriptor, text.encode('utf-8', 'backslashreplace'))
            return len(text)
        owner = self._world.current()
        with self._lock:
            if self._rest and owner is not self._owner:
                self.end_line()
            self._owner = owner
            *lines, rest = (self._rest + text).split('\n')
            for line in lines:
                self._pass_on(line)
            while len(rest) > MAX_LINE:
                self._pass_on(rest[:MAX_LINE])
                rest = rest[MAX_LINE:]
            self._rest = rest
            if rest:
                self._world.has_unfinished_output = True
        return len(text)

    def end_line(self) -> None:
        """Passes on a line that has been begun."""
        with self._lock:
            rest, self._rest = self._rest, ''
            if rest:
                self._pass_on(rest)

    def flush(self) -> None:
        self.end_line()

    def take_record(self, level: str, message: str) -> None:
        """A record of the standard library's logging, instead of the lines that it would have written."""
        if self._world.is_forked:
            self.write(message + '\n')
        else:
            self._world.log(level, message, None, self._world.current())

    def _pass_on(self, line: str) -> None:
        # What a carriage return would have overwritten on a terminal is not said.
        shown = line.rstrip('\r').rpartition('\r')[2]
        for start in range(0, len(shown) or 1, MAX_LINE):
            self._world.log(self._level, shown[start : start + MAX_LINE], None, self._owner)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        """The real descriptor: programs that are given it write to Pelton's pipe."""
        return self._descriptor

    def reconfigure(self, **options) -> None:
        """Accepted, as by the stream that was here before; nothing depends on it."""

    def close(self) -> None:
        """The worker's output stays open."""


class ByteStream(io.BufferedIOBase):
    """What `sys.stdout.buffer` is: bytes are read as UTF-8."""

    mode = 'wb'

    def __init__(self, stream: LogStream):
        self._stream = stream
        self._decoder = getincrementaldecoder('utf-8')('replace')

    @property
    def name(self) -> str:
        return self._stream.name

    @property
    def raw(self) -> ByteStream:
        return self

    def write(self, content) -> int:
        self._stream.write(self._decoder.decode(bytes(content)))
        return memoryview(content).nbytes

    def flush(self) -> None:
        self._stream.flush()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._stream.fileno()

    def close(self) -> None:
        """Whoever wraps it, as `io.TextIOWrapper` does, does not end the worker's output."""
