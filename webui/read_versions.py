"""As of which version of a record a form was read: what others changed since is not overwritten unseen.

A form that is shown again, for whatever fault, was still read as before: only the fields that its reader was told of
may overwrite what another has put there.
"""

from __future__ import annotations

from typing import TypedDict

from flask import request
from markupsafe import Markup

from engine.policy.simultaneous_edits import AsOf
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


class SentAsOf(TypedDict):
    """As the commands of a step take them."""

    read_as_of: AsOf | None
    told_as_of: AsOf | None


def sent_as_of() -> SentAsOf:
    """As ``sent_versions``, of the form of a step, which shows a deal and its client."""
    return SentAsOf(read_as_of=_as_of("read"), told_as_of=_as_of("told"))


def _as_of(prefix: str) -> AsOf | None:
    deal_version = chosen_id(request.form, f"{prefix}_version")
    return AsOf(deal_version, chosen_id(request.form, f"{prefix}_client_version")) if deal_version is not None else None


def as_of_fields(present: AsOf, *, again: bool = False, told: bool = False) -> Markup:
    """As ``version_fields``, of the form of a step."""
    sent = sent_as_of() if again else SentAsOf(read_as_of=None, told_as_of=None)
    fields = _named("read", sent["read_as_of"] or present)
    knows = present if told else sent["told_as_of"]
    return fields if knows is None else fields + _named("told", knows)


def _named(prefix: str, as_of: AsOf) -> Markup:
    field = Markup('<input type="hidden" name="{}" value="{}">')
    of_deal = field.format(f"{prefix}_version", as_of.deal)
    return of_deal if as_of.client is None else of_deal + field.format(f"{prefix}_client_version", as_of.client)


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
