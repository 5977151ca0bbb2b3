"""Where a function's handler is."""

from __future__ import annotations

import os

from .refused import Refused

DEFAULT_MODULES = ('handler', 'index', 'main')
DEFAULT_ENTRY = 'handler'


class Place:
    """A handler's module, its file (empty for one that is only found by importing it), and the name in it."""

    def __init__(self, module: str, file: str, entry: str):
        self.module = module
        self.file = os.path.normpath(file) if file else ''
        self.entry = entry or DEFAULT_ENTRY


def find_handler(folder: str, handler: str) -> Place:
    """Reads `function`, `module:function`, `file.py:function` or a file's name. Raises `Refused`."""
    parts = handler.strip().split(':')
    if len(parts) > 2:
        raise Refused(
            'handler_name_invalid',
            f'handler "{handler}" is not of the form file:export',
            'Write spec.handler as function, file:function or file, for example main:handler.',
        )
    module, entry = ('', parts[0]) if len(parts) == 1 else parts
    if not module and (entry.endswith('.py') or '/' in entry):
        module, entry = entry, ''
    if module:
        return named_place(folder, module, entry)
    return default_place(folder, entry)


def named_place(folder: str, module: str, entry: str) -> Place:
    tried = variants_of(module)
    found = first_file(folder, tried)
    if found is not None:
        return Place(module_of(found), os.path.join(folder, found), entry)
    if '/' not in module and not module.endswith('.py') and is_importable(module):
        return Place(module, '', entry)
    raise missing(folder, tried)


def default_place(folder: str, entry: str) -> Place:
    by_default = [name for module in DEFAULT_MODULES for name in variants_of(module)]
    found = first_file(folder, by_default)
    if found is not None:
        return Place(module_of(found), os.path.join(folder, found), entry)
    # The one word may have been meant as the file: nothing else is there by default.
    as_file = variants_of(entry) if entry else []
    found = first_file(folder, as_file)
    if found is not None:
        return Place(module_of(found), os.path.join(folder, found), '')
    only = python_files(folder)
    if len(only) == 1:
        return Place(module_of(only[0]), os.path.join(folder, only[0]), entry)
    raise missing(folder, by_default + as_file)


def variants_of(module: str) -> list[str]:
    """Paths in the function's folder that a module may have."""
    if module.endswith('.py'):
        return [module]
    path = module if '/' in module else module.replace('.', '/')
    return [path + '.py', path + '/__init__.py']


def first_file(folder: str, names: list[str]) -> str | None:
    return next((name for name in names if os.path.isfile(os.path.join(folder, name))), None)


def python_files(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.endswith('.py')]
    except OSError:
        # A folder that is not there has none; what was tried is named.
        return []


def module_of(path: str) -> str:
    """The module's name of a path in the function's folder; of one outside, its file's."""
    stem = os.path.normpath(path)[: -len('.py')]
    if stem.endswith('/__init__'):
        stem = stem[: -len('/__init__')]
    return os.path.basename(stem) if stem.startswith(('..', '/')) else stem.replace('/', '.')


def is_importable(module: str) -> bool:
    """Whether a module beside the function's own can be imported: one that was installed, not one of Python's."""
    from importlib.machinery import PathFinder

    found = PathFinder.find_spec(module.split('.', 1)[0])
    if found is None:
        return False
    library = os.path.dirname(os.__file__) + os.sep
    origin = found.origin or ''
    return not origin.startswith(library) or '-packages' in origin


def missing(folder: str, tried: list[str]) -> Refused:
    return Refused(
        'handler_file_missing',
        f"no handler file in {folder}: tried {', '.join(tried)}",
        'Name the file in spec.handler as file:function, or create one of the files tried.',
    )
