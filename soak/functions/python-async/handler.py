"""Does what the path says, `/KIND/NUMBER`, many events at a time, and notes each run before it does anything."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time

RUNS = os.open(os.environ['SOAK_RUNS'], os.O_WRONLY | os.O_APPEND)


async def handler(context, event):
    """Notes the run with this process, then acts."""
    os.write(RUNS, f'{event.path} {os.getpid()}\n'.encode())
    act = ACTS[event.path.split('/')[1]]
    result = act(event)
    return await result if asyncio.iscoroutine(result) else result


async def slow(event):
    await asyncio.sleep(int(event.path.split('/')[2]) % 20 / 1000)
    return event.body


async def hang(event):
    await asyncio.sleep(600)


def throw(event):
    raise ValueError(event.path)


def leave(event):
    sys.exit(1)


def kill(event):
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def orphan(event):
    """Leaves a child behind that heeds nothing."""
    subprocess.Popen(['sh', '-c', 'trap "" TERM INT HUP; sleep 600'])
    os._exit(1)


def spin(event):
    while True:
        pass


async def stream(event):
    count, size = map(int, event.body.split())
    for number in range(count):
        yield f'{event.path} {number}\n'.ljust(size, '.')
        await asyncio.sleep(0)


async def broken(event):
    for text in ('begun ' * 100, 'and on'):
        yield text
    raise ValueError('in the midst of it')


ACTS = {
    'echo': lambda event: event.body,
    'big': lambda event: event.body,
    'view': lambda event: bytes(event.body_view),
    'slow': slow,
    'throw': throw,
    'leave': leave,
    'exit': lambda event: os._exit(3),
    'kill': kill,
    'segv': lambda event: ctypes.string_at(0),
    'orphan': orphan,
    'hang': hang,
    'spin': spin,
    'stream': stream,
    'broken': broken,
}
