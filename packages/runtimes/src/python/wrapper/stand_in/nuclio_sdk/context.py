"""The context, as tests of handlers make one."""

from pelton_worker.context import Context

__all__ = ['Context']
