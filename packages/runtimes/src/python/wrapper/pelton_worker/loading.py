"""Loads the function: its module, its handler, its init_context."""

from __future__ import annotations

import os
import sys

from .fresh_sources import leave_fresh_sources_uncompiled
from .refused import Refused

WRAPPER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Flags of a function's code: a coroutine, an asynchronous generator.
ASYNC_CODE = 0x80 | 0x200
MAX_WRAPPERS = 32


class Loaded:
    """A function that is ready but for its `init_context`, which is None when there is none."""

    def __init__(self, handler, init_context, file: str):
        self.handler = handler
        self.init_context = init_context
        # As the user knows it.
        self.file = file
        self.handler_is_async = is_async(handler)
        self.is_async = self.handler_is_async or is_async(init_context)


def prepare_path(spec: dict) -> None:
    """The function's folder comes first, Pelton's `nuclio_sdk` last; of its other modules handlers see none."""
    own = os.path.realpath(WRAPPER)
    sys.path[:] = [path for path in sys.path if path and os.path.realpath(path) != own]
    sys.path.insert(0, folder_of(spec))
    sys.path.append(os.path.join(WRAPPER, 'stand_in'))
    leave_fresh_sources_uncompiled()


def load(spec: dict, world) -> Loaded:
    """Imports the handler's module and finds the handler. Raises `Refused`; the traceback is in the log."""
    from .find_handler import find_handler

    folder = folder_of(spec)
    place = find_handler(folder, spec['function'].get('handler', ''))
    try:
        module = import_place(place, folder)
    except BaseException as error:
        # Only a failure needs what explains it.
        from .load_failure import load_failure

        raise load_failure(error, place, folder, world) from error
    file = shown_path(place.file or getattr(module, '__file__', '') or place.module, folder)
    handler = find_entry(module, place.entry)
    if not callable(handler):
        raise entry_missing(module, place.entry, file)
    init_context = getattr(module, 'init_context', None)
    return Loaded(handler, init_context if callable(init_context) else None, file)


def init_failed(error: BaseException, loaded: Loaded, world) -> Refused:
    """Says that `init_context` raised, and logs its traceback."""
    from .failure import describe, named_reason

    world.log('error', 'init_context_failed', {'error': describe(error)})
    return Refused(
        'init_context_failed',
        f'init_context of {loaded.file} failed: {named_reason(error)}',
        'The stack is in the log. Mend what init_context does, such as a connection that is refused.',
    )


def folder_of(spec: dict) -> str:
    # Modules are known by their real paths.
    return os.path.realpath(spec['function']['folder'])


def import_place(place, folder: str):
    """The handler's module, by its name in `sys.modules`."""
    own_folder = os.path.dirname(place.file)
    is_loose = place.file and own_folder != folder and not os.path.exists(os.path.join(own_folder, '__init__.py'))
    if is_loose and own_folder not in sys.path:
        # A handler in a folder that is no package has its modules beside it.
        sys.path.insert(1, own_folder)
    __import__(place.module)
    module = sys.modules[place.module]
    if not place.file or is_of_file(module, place.file):
        return module
    # A module of Python's own has the name: the handler's is loaded beside it, and nobody loses the other.
    return load_file(place)


def is_of_file(module, file: str) -> bool:
    known = getattr(module, '__file__', None)
    return known is not None and os.path.realpath(known) == os.path.realpath(file)


def load_file(place):
    from importlib.util import module_from_spec, spec_from_file_location

    found = spec_from_file_location(place.module, place.file)
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def find_entry(module, entry: str):
    """A function of a module, or of an object in it; None when there is none."""
    found = module
    for name in entry.split('.'):
        found = getattr(found, name, None)
    return found


def entry_missing(module, entry: str, file: str) -> Refused:
    names = [
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith('_') and getattr(value, '__module__', None) == module.__name__
    ]
    exported = f"it exports {', '.join(names[:20])}" if names else 'it exports nothing'
    return Refused(
        'handler_export_missing',
        f'{file} exports no function "{entry}": {exported}',
        'Define the handler by that name, or name another function in spec.handler as file:function.',
    )


def is_async(function) -> bool:
    """Whether calling it needs an event loop; what only returns something to await is found out when it does."""
    for _ in range(MAX_WRAPPERS):
        code = getattr(getattr(function, '__func__', function), '__code__', None)
        if code is not None:
            marked = hasattr(function, '_is_coroutine_mark') or hasattr(function, '_is_coroutine')
            return marked or bool(code.co_flags & ASYNC_CODE)
        # functools.partial, or an object that can be called.
        function = getattr(function, 'func', None) or getattr(type(function), '__call__', None)
    return False


def shown_path(path: str, folder: str) -> str:
    """A path as the user knows it: relative to the function's folder when it is inside."""
    return path[len(folder) + 1 :] if path.startswith(folder + os.sep) else path
