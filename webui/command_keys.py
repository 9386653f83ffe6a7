"""The id that a form carries, so that a command sent twice is performed once: one mechanism for all forms.

An id is made whenever a form is shown, also when it is shown again after a refusal. Nothing was done then under the id
before, or else something other than what stands in the form now; either way it must not be kept.
"""

from __future__ import annotations

import uuid

from flask import request
from markupsafe import Markup

_FIELD = "command_id"


def command_field() -> Markup:
    """The hidden field with an id of its own, for templates."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(_FIELD, uuid.uuid4().hex)


def sent_command_id() -> str | None:
    """The id that came with the form; a form without one is performed as often as it comes."""
    return request.form.get(_FIELD) or None
