"""As of which version of a record a form was read: what others changed since is not overwritten unseen.

A form that is shown again, for whatever fault, was still read as before: only the fields that its reader was told of
may overwrite what another has put there.
"""

from __future__ import annotations

from typing import TypedDict

from flask import request
from markupsafe import Markup

from webui.forms.typed_values import chosen_id


class SentVersions(TypedDict):
    """As commands take them."""

    read_version: int | None
    told_version: int | None


def sent_versions() -> SentVersions:
    """What came with the form; a form without them overwrites whatever stands there."""
    return SentVersions(
        read_version=chosen_id(request.form, "read_version"),
        told_version=chosen_id(request.form, "told_version"),
    )


def version_fields(version: int, *, again: bool = False, told: bool = False) -> Markup:
    """The hidden fields, for templates. ``version`` is the record's present one.

    ``again``: the form holds what was typed into it before. ``told``: it also says now what both have changed.
    """
    sent = sent_versions() if again else SentVersions(read_version=None, told_version=None)
    read, knows = sent["read_version"] or version, version if told else sent["told_version"]
    fields = Markup('<input type="hidden" name="read_version" value="{}">').format(read)
    return (
        fields
        if knows is None
        else fields + Markup('<input type="hidden" name="told_version" value="{}">').format(knows)
    )
