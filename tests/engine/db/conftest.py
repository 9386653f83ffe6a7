"""The databases that an upgrade begins with."""

from __future__ import annotations

from support.former_schemas import former_schemas

__all__ = ["former_schemas"]
