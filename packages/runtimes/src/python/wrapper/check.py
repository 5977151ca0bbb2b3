"""
Says as JSON why a worker would not find the handler of a function, or nothing when it would: `check.py FOLDER HANDLER`. It
imports nothing of the function.
"""

from __future__ import annotations

import json
import sys

from pelton_worker.find_handler import find_handler
from pelton_worker.loading import folder_of, prepare_path
from pelton_worker.refused import Refused


def main(folder: str, handler: str) -> None:
    spec = {'function': {'folder': folder}}
    prepare_path(spec)
    try:
        find_handler(folder_of(spec), handler)
    except Refused as error:
        print(json.dumps({'code': error.code, 'message': str(error), 'help': error.help}))


if __name__ == '__main__':
    main(*sys.argv[1:3])
