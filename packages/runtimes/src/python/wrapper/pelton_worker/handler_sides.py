"""What the kinds of a worker's triggers give its handlers on their context."""

from __future__ import annotations

import sys
from types import ModuleType

# Part of the interpreter; `importlib` would be a file to read.
from _frozen_importlib_external import SourceFileLoader

from .failure import describe, named_reason
from .refused import Refused

FILE_URL = 'file://'


def add_handler_sides(world) -> None:
    """Makes the members that the start frame names, from what they may call the trigger with. Raises `Refused`."""
    for side in world.spec['handlerSides']:
        member, url = side['member'], side['python']
        try:
            module = load_module(f'pelton_handler_side_{member}', path_of(url))
            given = (world.call, side['facts']) if 'facts' in side else (world.call,)
            setattr(world.context, member, module.create_handler_side(*given))
            if 'kind' in side and hasattr(module, 'EVENT_VIEW'):
                world.views[side['kind']] = module.EVENT_VIEW
        except Exception as error:
            world.log('error', 'handler_side_failed', {'error': describe(error)})
            raise Refused(
                'handler_side_failed',
                f'context.{member} cannot be made by {url}: {named_reason(error)}',
                'The trigger that brings this member is not installed as it should be; install Pelton again, or report it.',
                blame='bug',
            ) from error


def load_module(name: str, path: str) -> ModuleType:
    """A module from its file."""
    module = ModuleType(name)
    module.__file__ = path
    # Dataclasses and pickles look their module up.
    sys.modules[name] = module
    # PYTHONDONTWRITEBYTECODE is about the function's files: those of kinds are compiled once, not at each start.
    is_unwritten, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        SourceFileLoader(name, path).exec_module(module)
    finally:
        sys.dont_write_bytecode = is_unwritten
    return module


def path_of(url: str) -> str:
    """The path of a file URL. `urllib` takes longer to import than all of this."""
    first, *escaped = url[len(FILE_URL) :].encode().split(b'%')
    return b''.join([first, *(bytes([int(each[:2], 16)]) + each[2:] for each in escaped)]).decode()
