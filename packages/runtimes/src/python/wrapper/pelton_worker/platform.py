"""What a handler asks of the platform: calls of other functions, acknowledgements, callbacks at the end."""

from __future__ import annotations

import os


class Platform:
    """nuclio's platform as anybody may make one; a worker's own is the class below."""

    def __init__(self, kind='local', namespace='default', connection_provider=None, on_control_callback=None):
        self.kind = kind
        self.namespace = namespace
        # Takes the place of http.client's connections, for tests of handlers.
        self._connection_provider = connection_provider
        self._control_callback = on_control_callback
        self._drain_callback = None
        self._termination_callback = None

    def call_function(self, function_name, event=None, node=None, timeout=None, service_name_override=None):
        """
        Sends an event to another function and waits for its `Response`; JSON is parsed. Raises `ConnectionError` when
        it cannot be reached, `TimeoutError` after `timeout` seconds (60). nuclio's `node` has no effect.
        """
        # Loaded by the first call: most functions make none.
        from .call_function import call_function

        base = f'http://{service_name_override}:8080' if service_name_override else self.address_of(function_name)
        return call_function(function_name, base, event, timeout, self.trace_headers(), self._connection_provider)

    def address_of(self, function_name: str) -> str:
        """The base URL of a function."""
        name = f'{self.namespace}-{function_name}' if self.kind == 'local' else function_name
        return f'http://nuclio-{name}:8080'

    def trace_headers(self) -> dict:
        """Headers by which the called function goes on with the caller's trace."""
        return {}

    async def explicit_ack(self, qualified_offset):
        """Tells the stream that everything up to this offset has been processed."""
        if self._control_callback is None:
            raise RuntimeError('this platform has nobody to acknowledge to')
        await self._control_callback(qualified_offset.compile_explicit_ack_message())

    def set_drain_callback(self, callback):
        """Called without arguments before the worker gives its events up; a later one replaces it."""
        self._drain_callback = callback

    def set_termination_callback(self, callback):
        """Called without arguments before the worker ends; a later one replaces it."""
        self._termination_callback = callback

    def hooks(self) -> list:
        """The callbacks that were set, in the order in which they are called when a worker stops."""
        return [each for each in (self._drain_callback, self._termination_callback) if each is not None]


class WorkerPlatform(Platform):
    """The platform of a worker: it knows where functions are, and its trigger."""

    def __init__(self, world, function: dict):
        kind = 'kube' if os.environ.get('KUBERNETES_SERVICE_HOST') else 'local'
        super().__init__(kind, function.get('namespace', ''))
        self._world = world
        self._functions = function.get('functions') or {}
        self._warned_of_ack = False

    def address_of(self, function_name: str) -> str:
        """Its entry in the address map, `PELTON_FUNCTION_<NAME>_URL`, else where nuclio has it."""
        known = self._functions.get(function_name)
        return known or os.environ.get(variable_of(function_name)) or super().address_of(function_name)

    def trace_headers(self) -> dict:
        """The current event's W3C trace context."""
        event = self._world.current()
        if event is None:
            return {}
        named = ((name, event.get_header(name)) for name in ('traceparent', 'tracestate'))
        return {name: value for name, value in named if value is not None}

    async def explicit_ack(self, qualified_offset):
        """Tells the trigger that everything up to this offset is done; a trigger that takes none is named once."""
        offset = {name: getattr(qualified_offset, name) for name in ('topic', 'partition', 'offset')}
        try:
            result = self._world.call('explicit_ack', offset, None)
            if hasattr(result, '__await__'):
                await result
        except Exception as error:
            if getattr(error, 'code', None) != 'unknown_call':
                raise
            if not self._warned_of_ack:
                self._warned_of_ack = True
                self._world.log('warn', 'explicit_ack_not_taken', {'trigger': self._world.trigger.name})


def variable_of(function_name: str) -> str:
    """The environment variable that holds a function's address."""
    name = ''.join(char if char.isascii() and char.isalnum() else '_' for char in function_name.upper())
    return f'PELTON_FUNCTION_{name}_URL'
