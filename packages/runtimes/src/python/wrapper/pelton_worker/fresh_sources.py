"""Quick edits: Python takes a compiled file for its source's when the time, in whole seconds, and the size agree."""

from __future__ import annotations

import os
import time

# Part of the interpreter; `importlib` would be a file to read.
from _frozen_importlib_external import SourceFileLoader

SETTLED_SECONDS = 2


def leave_fresh_sources_uncompiled() -> None:
    """A source that was written a moment ago may be written again within the same second: it is compiled, but not kept so."""
    keep = SourceFileLoader._cache_bytecode

    def keep_when_settled(loader, source_path: str, bytecode_path: str, data: bytes) -> None:
        if time.time() - os.stat(source_path).st_mtime >= SETTLED_SECONDS:
            keep(loader, source_path, bytecode_path, data)

    SourceFileLoader._cache_bytecode = keep_when_settled
