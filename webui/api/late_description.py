"""What flask-openapi3 writes down of each call, written down when somebody first asks for the description.

It makes a JSON schema of each model anew for every call that names it: half of what the import of the application took.
Few processes are ever asked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.types import ParametersTuple
from flask_openapi3.utils import parse_parameters


class LateDescription(APIBlueprint):
    """Calls whose description waits for ``describe``; the rest of them is as flask-openapi3 makes it."""

    def __init__(self, name: str, import_name: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self._undescribed: list[Callable[[], object]] = []
        self._describing = Lock()

    def _collect_openapi_info(self, rule: str, func: Callable[..., Any], **told: Any) -> ParametersTuple:
        self._undescribed.append(partial(super()._collect_openapi_info, rule, func, **told))
        return parse_parameters(func, doc_ui=False)

    def describe(self, app: OpenAPI) -> dict[str, Any]:
        """The description of ``app``, where these calls are registered; made once, also where several threads ask."""
        with self._describing:
            while self._undescribed:
                self._undescribed[0]()
                del self._undescribed[0]
            if not app.spec_json:
                app.tags.extend(tag for tag in self.tags if tag.name not in app.tag_names)
                app.paths.update(self.paths)
                app.components_schemas.update(self.components_schemas)
            return app.api_doc
