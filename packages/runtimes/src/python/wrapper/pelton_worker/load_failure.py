"""What a user is told about a module that could not be loaded."""

from __future__ import annotations

import os

from .failure import describe, is_own, named_reason
from .loading import shown_path
from .refused import Refused


def load_failure(error: BaseException, place, folder: str, world) -> Refused:
    """Place and line where they are known; the traceback goes to the log where it says more."""
    file = shown_path(place.file or place.module, folder)
    if isinstance(error, SyntaxError) and error.filename and os.path.isfile(error.filename):
        return syntax_failure(error, folder)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return import_failure(error, file, folder)
    world.log('error', 'handler_load_failed', {'error': describe(error)})
    return Refused(
        'handler_load_failed',
        f'{file} failed while it was loaded: {named_reason(error)}',
        'The stack is in the log. Mend what the file does when it is imported.',
    )


def syntax_failure(error: SyntaxError, folder: str) -> Refused:
    place = f'{shown_path(os.path.realpath(error.filename), folder)}:{error.lineno or 1}'
    if error.offset:
        place = f'{place}:{error.offset}'
    source = (error.text or '').strip()
    message = f'{place}: {error.msg}'
    return Refused(
        'handler_syntax_error',
        f'{message}\n  {source}' if source else message,
        'Mend the syntax at that place.',
    )


def import_failure(error: ModuleNotFoundError, file: str, folder: str) -> Refused:
    importer = importer_of(error)
    return Refused(
        'handler_import_missing',
        f'{shown_path(importer, folder) if importer else file} imports "{error.name}", which cannot be found',
        install_help(error.name, folder),
    )


def importer_of(error: BaseException) -> str | None:
    """The file whose import failed: the innermost one of the traceback."""
    file, trace = None, error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not is_own(name):
            file = os.path.realpath(name)
        trace = trace.tb_next
    return file


def install_help(module: str, folder: str) -> str:
    if os.path.isfile(os.path.join(folder, 'requirements.txt')):
        return (
            'Start with pelton run --install, which installs requirements.txt into .venv; '
            f'if "{module}" is not in it, name its package there, or mend the name.'
        )
    return (
        f'Name the package that has "{module}" in a requirements.txt beside the handler and start with '
        'pelton run --install; or mend the name.'
    )
