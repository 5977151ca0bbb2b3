"""The other side of the comparison: one event at a time, msgpack in, lines of JSON with base64 out.

It behaves as nuclio's wrapper is specified to: an asyncio loop, a non-blocking socket, the event built whole before
the handler is called. Where the specification leaves a choice, the faster way is taken.
"""

import argparse
import asyncio
import base64
import datetime
import importlib
import json
import socket
import sys
import time
import traceback
import types

import msgpack


class TriggerInfo:
    """Where an event came from."""

    def __init__(self, kind='', name=''):
        self.kind = kind
        self.name = name


class Event:
    """An event with all that its map holds."""

    def __init__(self, message):
        trigger = message['trigger']
        self.body = message['body']
        self.content_type = message['content_type']
        self.trigger = TriggerInfo(trigger['kind'], trigger['name'])
        self.fields = message.get('fields') or {}
        self.headers = message.get('headers') or {}
        self.id = message['id']
        self.method = message['method']
        self.path = message['path'] or '/'
        self.size = message['size']
        self.timestamp = datetime.datetime.utcfromtimestamp(message['timestamp'])
        self.url = message['url']
        self.shard_id = message['shard_id']
        self.num_shards = message['num_shards']
        self.type = message['type']
        self.type_version = message['type_version']
        self.version = message['version']
        self.last_in_batch = message.get('last_in_batch', True)
        self.offset = message['offset']
        self.topic = message['topic']
        if self.content_type == 'application/json':
            try:
                self.body = json.loads(self.body)
            except ValueError:
                pass

    def get_header(self, name):
        """The header of this name in any letter case, or None."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


class Response:
    """An answer with everything that the processor reads."""

    def __init__(self, headers=None, body=None, content_type='text/plain', status_code=200):
        self.headers = headers or {}
        self.body = body
        self.content_type = content_type
        self.status_code = status_code


def response_of(output):
    """The map of a response for what a handler returned."""
    if isinstance(output, Response):
        return response_map(output.status_code, output.content_type, output.body, output.headers)
    if isinstance(output, tuple) and len(output) == 2 and isinstance(output[0], int):
        content_type = 'text/plain' if isinstance(output[1], str) else 'application/json'
        return response_map(output[0], content_type, output[1], {})
    if isinstance(output, dict):
        return response_map(200, 'application/json', output, {})
    if isinstance(output, (str, bytes)):
        return response_map(200, 'text/plain', output, {})
    return response_map(200, 'text/plain', str(output), {})


def response_map(status, content_type, body, headers):
    encoding = 'text'
    if isinstance(body, bytes):
        body = base64.b64encode(body).decode('ascii')
        encoding = 'base64'
    elif not isinstance(body, str):
        body = json.dumps(body)
        content_type = 'application/json'
    return {
        'body': body,
        'body_encoding': encoding,
        'content_type': content_type,
        'headers': headers,
        'status_code': status,
    }


class Wrapper:
    """Takes events from the socket, one after the other."""

    def __init__(self, handler, context, wire):
        self.loop = asyncio.get_running_loop()
        self.handler = handler
        self.is_async = asyncio.iscoroutinefunction(handler)
        self.context = context
        self.wire = wire
        self.unpacker = msgpack.Unpacker(raw=False, max_buffer_size=1 << 30)

    async def serve(self):
        await self.loop.sock_sendall(self.wire, b's\n')
        while True:
            message = await self.next_message()
            if message is None:
                return
            await self.answer(message)

    async def next_message(self):
        head = await self.receive(4)
        if head is None:
            return None
        length = int.from_bytes(head, 'big', signed=True)
        body = await self.receive(length)
        if body is None:
            return None
        self.unpacker.feed(body)
        return next(self.unpacker)

    async def receive(self, length):
        """So many bytes, or None at the end of the socket."""
        first = await self.loop.sock_recv(self.wire, length)
        if len(first) == length or not first:
            return first or None
        whole = memoryview(bytearray(length))
        at = len(first)
        whole[:at] = first
        while at < length:
            count = await self.loop.sock_recv_into(self.wire, whole[at:])
            if count == 0:
                return None
            at += count
        return whole

    async def answer(self, message):
        try:
            event = Event(message)
            since = time.time()
            output = self.handler(self.context, event)
            if self.is_async:
                output = await output
            duration = time.time() - since or 1e-7
            lines = 'm' + json.dumps({'duration': duration}) + '\nr' + json.dumps(response_of(output)) + '\n'
        except BaseException as error:
            text = f'Exception caught in handler - "{error}": {traceback.format_exc()}'
            lines = 'r' + json.dumps(response_map(500, 'text/plain', text, {})) + '\n'
        await self.loop.sock_sendall(self.wire, lines.encode())


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--handler')
    parser.add_argument('--event-socket-path')
    options = parser.parse_args()
    module, _, entry = options.handler.partition(':')
    sys.path.insert(0, '')
    handler = getattr(importlib.import_module(module), entry)
    context = types.SimpleNamespace(user_data=types.SimpleNamespace(), Response=Response, worker_id=0)
    wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    wire.connect(options.event_socket_path)
    wire.setblocking(False)
    try:
        await Wrapper(handler, context, wire).serve()
    except ConnectionError:
        pass  # The benchmark is over.


asyncio.run(main())
