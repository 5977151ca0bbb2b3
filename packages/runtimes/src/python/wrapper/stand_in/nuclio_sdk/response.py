"""The response: what `context.Response` is."""

from pelton_worker.response import Response

__all__ = ['Response']
