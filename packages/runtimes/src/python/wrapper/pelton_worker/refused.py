"""Why a function cannot be loaded."""

from __future__ import annotations


class Refused(Exception):
    """A function that cannot be loaded, by a fault of its own unless `blame` says otherwise."""

    def __init__(self, code: str, message: str, help: str, blame: str = 'user'):
        super().__init__(message)
        self.code = code
        self.help = help
        self.blame = blame

    @property
    def meta(self) -> bytes:
        """What the `refused` frame says."""
        from .failures import error_meta

        return error_meta(self.code, str(self), self.help, blame=self.blame)
