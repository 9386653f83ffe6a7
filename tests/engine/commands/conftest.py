from __future__ import annotations

from support.compiling import compiles_here

__all__ = ["compiles_here"]
