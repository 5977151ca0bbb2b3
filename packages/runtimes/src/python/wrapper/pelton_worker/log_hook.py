"""Records of the standard library's logging that would be printed become Pelton's, with their level."""

from __future__ import annotations

import sys

from .output import LogStream


def watch_logging() -> None:
    """Hooks into `logging` now or when it is imported: it is never imported for that."""
    if 'logging' in sys.modules:
        hook(sys.modules['logging'])
    else:
        sys.meta_path.insert(0, LoggingFinder())


class LoggingFinder:
    """Finds `logging` as the others would, once, and hooks into it when it has been loaded."""

    def find_spec(self, name: str, path=None, target=None):
        if name != 'logging':
            return None
        sys.meta_path.remove(self)
        for finder in list(sys.meta_path):
            find = getattr(finder, 'find_spec', None)
            spec = find and find(name, path, target)
            if spec is not None:
                hook_after_load(spec.loader)
                return spec
        return None


def hook_after_load(loader) -> None:
    load = loader.exec_module

    def exec_module(module) -> None:
        load(module)
        hook(module)

    try:
        loader.exec_module = exec_module
    except AttributeError:
        # A loader without attributes of its own: records are printed, and their lines logged.
        return


def hook(logging) -> None:
    """Gives records of handlers that print to the worker's output their own level. Formatters stay the user's."""
    handler_class = getattr(logging, 'StreamHandler', None)
    if handler_class is None:
        return
    print_record = handler_class.emit

    def emit(handler, record) -> None:
        stream = handler.stream
        if not isinstance(stream, LogStream):
            return print_record(handler, record)
        try:
            stream.take_record(level_of(record.levelno), handler.format(record))
        except RecursionError:
            raise
        except Exception:
            handler.handleError(record)

    handler_class.emit = emit


def level_of(number: int) -> str:
    """Pelton's level of one of `logging`."""
    if number >= 40:
        return 'error'
    if number >= 30:
        return 'warn'
    return 'info' if number >= 20 else 'debug'
