"""What a page is asked for or sent has to be storable: ids of records, no characters that no file holds.

The HTTP API has its own check, which names the field.
"""

from __future__ import annotations

from flask import Flask, abort, request
from werkzeug.datastructures import ImmutableMultiDict

from engine.errors import NotFound
from webui.forms.typed_values import LARGEST_ID, holdable
from webui.this_request import this_request

_API = "api"


def configure_storable_requests(app: Flask) -> None:
    app.before_request(ensure_storable)


def ensure_storable() -> None:
    """Raises NotFound for an id that no record can have, BadRequest for a text that PostgreSQL cannot keep.

    Of what is typed, characters that nobody sees and no file holds are left out.
    """
    if this_request().blueprint == _API:
        return
    if any(isinstance(part, int) and part > LARGEST_ID for part in (request.view_args or {}).values()):
        raise NotFound
    if any("\x00" in text for given in (request.args, request.form) for _, text in given.items(multi=True)):
        abort(400)
    held = [(name, holdable(text)) for name, text in request.form.items(multi=True)]
    if held != list(request.form.items(multi=True)):
        request.form = ImmutableMultiDict(held)
