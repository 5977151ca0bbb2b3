"""
Stands in for the package nuclio_sdk where it is not installed: the same names, for imports of handler code. Its events
and responses are the classes that Pelton itself uses.
"""

import os
import sys

if 'pelton_worker' not in sys.modules:
    # A process of the handler's own: there Pelton's package is not loaded, nor on its path.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    import pelton_worker  # noqa: F401

    sys.path.pop()

from .context import Context
from .event import Event, TriggerInfo
from .exceptions import ExceptionWithResponse
from .platform import Platform
from .qualified_offset import QualifiedOffset
from .response import Response

__all__ = [
    'Context',
    'Event',
    'ExceptionWithResponse',
    'Logger',
    'Platform',
    'QualifiedOffset',
    'Response',
    'TriggerInfo',
]


def __getattr__(name):
    # Loaded when it is asked for: the standard library's logging takes longer to import than all the rest.
    if name != 'Logger':
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from .logger import Logger

    return Logger
