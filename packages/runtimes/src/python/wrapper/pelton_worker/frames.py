"""The frames of the worker wire (docs/worker-wire.md): numbers and limits."""

import struct

WIRE_FD = 3
HEAD_BYTES = 16
MAX_META_BYTES = 4 << 20
MAX_BODY_BYTES = 256 << 20
STREAM_WINDOW_BYTES = 256 << 10

# To the host.
START = 1
EVENT = 2
ABORT = 3
CANCEL = 4
WINDOW = 5
PING = 6
STOP = 7
RESULT = 8
BATCH = 9

# From the host.
READY = 32
REFUSED = 33
RESPONSE = 34
FAILED = 35
CHUNK = 36
END = 37
BROKEN = 38
LOG = 39
FAULT = 40
PONG = 41
CALL = 42
RETURNED = 43
MEMORY = 44

# Flags.
IN_MEMORY = 1
NO_BODY = 2
STREAMED = 4
BYTES_IN_META = 16
IS_ERROR = 64

# Codes of `abort` and `memory`.
DEADLINE = 1
MEMORY_FREE = 0
MEMORY_KEPT = 1

HEAD = struct.Struct('<BBHIII')
SIZE = struct.Struct('<I')
REGION = struct.Struct('<III')

pack_head = HEAD.pack
unpack_head = HEAD.unpack_from


class Breach(Exception):
    """What arrived is no frame, or not one that may come now: the host ends."""


class WireGone(Exception):
    """The socket has ended: Pelton is gone, or the handler has closed the descriptor (then with a reason)."""
