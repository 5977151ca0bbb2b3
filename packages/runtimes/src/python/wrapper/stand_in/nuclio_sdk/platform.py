"""The platform, as tests of handlers make one."""

from pelton_worker.platform import Platform

__all__ = ['Platform']
