"""Does what the path says, `/KIND/NUMBER`, and notes each run before it does anything."""

import ctypes
import os
import signal
import subprocess
import sys
import time

RUNS = os.open(os.environ['SOAK_RUNS'], os.O_WRONLY | os.O_APPEND)
KEPT = []


def handler(context, event):
    """Notes the run with this process, then acts."""
    os.write(RUNS, f'{event.path} {os.getpid()}\n'.encode())
    return ACTS[event.path.split('/')[1]](event)


def slow(event):
    time.sleep(int(event.path.split('/')[2]) % 20 / 1000)
    return event.body


def keep(event):
    """Holds views of bodies beyond their events: they must go on showing what they showed, or raise."""
    for view, start in KEPT:
        try:
            if bytes(view[: len(start)]) != start:
                return 500, 'a kept view shows another body'
        except ValueError:
            pass
    view = event.body_view
    KEPT.append((view[:1000], bytes(view[:64])))
    del KEPT[:-2]
    return event.body


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


def hang(event):
    time.sleep(600)


def spin(event):
    while True:
        pass


def stream(event):
    count, size = map(int, event.body.split())
    for number in range(count):
        yield f'{event.path} {number}\n'.ljust(size, '.')


def broken(event):
    yield from ('begun ' * 100, 'and on')
    raise ValueError('in the midst of it')


def dump(event):
    """Noise on every output."""
    print('noise ' * 100)
    os.write(1, b'\x00\xff' * 500)
    os.write(2, b'{"level": "info"}\n')
    return event.body


ACTS = {
    'echo': lambda event: event.body,
    'big': lambda event: event.body,
    'view': lambda event: bytes(event.body_view),
    'slow': slow,
    'keep': keep,
    'dump': dump,
    'throw': throw,
    'leave': leave,
    'exit': lambda event: os._exit(3),
    'exit0': lambda event: os._exit(0),
    'kill': kill,
    'segv': lambda event: ctypes.string_at(0),
    'orphan': orphan,
    'hang': hang,
    'spin': spin,
    'stream': stream,
    'broken': broken,
}
