"""The environment in which templates are rendered."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment


class PageEnvironment(Environment):
    """Flask's own. No template has globals of its own, so each uses the environment's map itself.

    Jinja would lay an empty map over it for each template, and copy both name by name at each include and import: a
    page has dozens of them.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals
