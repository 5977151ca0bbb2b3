"""The handler's surroundings in one worker: its rules, its context, its log, its output."""

from __future__ import annotations

import os
import sys
from time import time

from .context import worker_context
from .event import snake_case
from .logger import LEVELS
from .plain_event import TriggerInfo
from .plain_facts import bounded, plain_facts
from .wire_json import json_bytes

MAX_MESSAGE = 64 * 1024
MAX_RECORD = 1024 * 1024


class World:
    """
    Made from the start frame's meta. `send_log(id, meta)` sends a log frame, from any thread; `call(operation, payload,
    body)` asks the trigger and gives its result, or something to await for it.
    """

    def __init__(self, spec: dict, send_log, call):
        self.spec = spec
        self.call = call
        self._send_log = send_log
        self.compat = spec.get('compat', 'none')
        self.is_nuclio = self.compat != 'none'
        self.types = content_types(self.is_nuclio)
        self.text_type, self.bytes_type, self.none_type, self.json_type = (
            self.types[kind].encode() for kind in ('text', 'bytes', 'none', 'json')
        )
        # Headers and fields of events as bytes, as nuclio's variable has it.
        named = os.environ.get('NUCLIO_PYTHON_DECODE_EVENT_STRINGS', '').lower()
        self.gives_bytes = named in ('no', 'false', 'disable', 'disabled')
        trigger = spec.get('trigger') or {}
        self.trigger = TriggerInfo(trigger.get('kind', ''), trigger.get('name', ''))
        # What kinds name as members of events; each event has some of them.
        self.members = frozenset(snake_case(name) for name in spec.get('eventMembers') or ())
        # By kind: what its events have that is made from them, see handler_sides.
        self.views: dict = {}
        self.worker_id = spec.get('index', 0)
        self.log_level = LEVELS.get(spec.get('logLevel', 'debug'), 1)
        self.current_var = None
        self._current = None
        self._bound: dict = {}
        self._streams: tuple = ()
        self.has_unfinished_output = False
        self.is_forked = False
        self.context = worker_context(self, spec)
        os.register_at_fork(after_in_child=self._forked)

    def set_current(self, event) -> None:
        """Says whose output and log follows: an event of a worker that handles one at a time, or None."""
        if self.has_unfinished_output:
            self.flush_output()
        self._current = event

    def use_context_var(self):
        """From now on the current event is the one of the running task: gives the variable to set."""
        from contextvars import ContextVar

        self.current_var = ContextVar('pelton_event', default=None)
        return self.current_var

    def current(self):
        """The event that the caller works for; None outside events."""
        return self._current if self.current_var is None else self.current_var.get()

    def bind(self, facts: dict) -> None:
        """Adds facts to the log records of the current event, or of the worker outside events."""
        event = self.current()
        if event is None:
            self._bound = {**self._bound, **facts}
        else:
            event.__dict__['_bound'] = {**event.__dict__.get('_bound', {}), **facts}

    def log(self, level: str, message: str, facts: dict | None = None, event=None) -> None:
        """A record to the log, and to whoever wants those of the event. Never raises."""
        try:
            self._log(level, message, facts, event or self.current())
        except Exception:
            # The wire is gone, or memory is: the worker ends by that. A log call of the handler must not raise.
            return

    def _log(self, level: str, message: str, facts, event) -> None:
        number = LEVELS[level]
        is_logged = number >= self.log_level
        is_captured = event is not None and 0 < event.log_code <= number
        if not is_logged and not is_captured:
            return
        if self.is_forked:
            return write_all(2, f'{level} {bounded(message)}\n'.encode('utf-8', 'backslashreplace'))
        bound = self._bound if event is None else {**self._bound, **event.__dict__.get('_bound', {})}
        record = encode_record(self._record(level, message, event), {**bound, **facts} if facts else bound)
        if is_logged:
            self._send_log(0, record)
        if is_captured:
            self._send_log(event.wire_id, record)

    def _record(self, level: str, message: str, event) -> dict:
        record = {'time': round(time() * 1000), 'level': level, 'message': bounded(message, MAX_MESSAGE)}
        if event is not None:
            record['eventId'] = event.id
        # A pool that several triggers share has no kind: each event tells its own.
        if self.trigger.kind:
            record['trigger'] = self.trigger.name
        elif event is not None:
            record['trigger'] = event.trigger.name
        record['worker'] = self.worker_id
        return record

    def capture_output(self) -> None:
        """What the handler prints, and logs by the standard library, are records of its event from now on."""
        from .log_hook import watch_logging
        from .output import LogStream

        self._streams = (LogStream(self, 'info', 1), LogStream(self, 'warn', 2))
        sys.stdout, sys.stderr = self._streams
        watch_logging()

    def flush_output(self) -> None:
        """Ends lines that the handler has begun to print."""
        self.has_unfinished_output = False
        for stream in self._streams:
            stream.end_line()

    def failed(self, event, error: BaseException) -> bytes:
        """Logs what the handler raised, or that its result cannot be read; gives the meta of a `failed` frame."""
        if self.has_unfinished_output:
            self.flush_output()
        from .failures import failed_meta

        return failed_meta(self, event, error)

    def broken(self, event, error: BaseException) -> bytes:
        """Logs what broke a streamed body off; gives the meta of a `broken` frame."""
        if self.has_unfinished_output:
            self.flush_output()
        from .failures import broken_meta

        return broken_meta(self, event, error)

    def run_hooks(self) -> list:
        """What the handler wants to be called, without arguments, when its worker stops; coroutine functions, too."""
        return self.context.platform.hooks()

    def _forked(self) -> None:
        # The wire is the parent's: what a child prints goes to its descriptors.
        self.is_forked = True


def content_types(is_nuclio: bool) -> dict:
    """The content type of each kind of body when the handler names none."""
    if is_nuclio:
        text = bytes_type = none = 'text/plain'
    else:
        text, bytes_type, none = 'text/plain; charset=utf-8', 'application/octet-stream', ''
    return {'text': text, 'bytes': bytes_type, 'stream': bytes_type, 'json': 'application/json', 'none': none}


def encode_record(record: dict, facts: dict) -> bytes:
    """A record as JSON; one that is too long goes without its facts."""
    encoded = json_bytes({**record, 'facts': plain_facts(facts)} if facts else record)
    if len(encoded) <= MAX_RECORD:
        return encoded
    return json_bytes({**record, 'facts': {'facts': 'too long to be sent'}})


def write_all(descriptor: int, content: bytes) -> None:
    """Writes to a descriptor; nobody may be there to read."""
    view = memoryview(content)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        # The descriptor is closed, or its reader gone: what is printed goes nowhere, as with a closed terminal.
        return
