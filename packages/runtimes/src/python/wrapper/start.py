"""
Starts the host of a Python function; see docs/worker-wire.md. Any Python can parse it, so that an old one says why it is
refused.
"""

import sys


def refuse_old_python():
    """Answers the start with `refused`."""
    import os
    import struct

    text = (
        '{"code":"python_too_old","blame":"user","retryable":false,'
        '"message":"Python %d.%d of %s is too old: functions need 3.9 or newer",'
        '"help":"Name a newer one in spec.runtime, as python:3.11, or by PELTON_PYTHON."}'
    ) % (sys.version_info[0], sys.version_info[1], sys.executable.replace('\\', '/').replace('"', ''))
    meta = text.encode('utf-8')
    os.read(3, 65536)
    os.write(3, struct.pack('<BBHIII', 33, 0, 0, 0, len(meta), 0) + meta)


# Processes that the handler starts by multiprocessing import this file again.
if __name__ == '__main__':
    if sys.version_info < (3, 9):
        refuse_old_python()
    else:
        # PYTHONDONTWRITEBYTECODE is about the function's files: our own are compiled once, not at each start.
        is_unwritten = sys.dont_write_bytecode
        sys.dont_write_bytecode = False
        from pelton_worker.host import main

        sys.dont_write_bytecode = is_unwritten
        main()
