"""The company's texts for letters to clients. The process owner's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.client_letters import LONGEST_SUBJECT, LONGEST_TEXT
from engine.commands.letter_templates import (
    LONGEST_NAME,
    TemplateEditedMeanwhile,
    TemplateIsGone,
    add_letter_template,
    change_letter_template,
    remove_letter_template,
)
from engine.errors import N_, DomainError
from engine.policy.letter_places import SPELLINGS, Place
from engine.queries.letter_templates import managed_template, managed_templates
from webui.carrying_out import carry_out
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.i18n import _, chosen_locale
from webui.messages import error_text, field_errors
from webui.request_context import actor, reading, services

T = TypeVar("T")

blueprint = Blueprint("letter_templates", __name__, url_prefix="/settings/letter-templates")

_FILLED_BY: Mapping[Place, str] = {
    Place.DEAL_NUMBER: N_("the deal’s number"),
    Place.DEAL: N_("what is sold"),
    Place.CLIENT: N_("the client’s name"),
    Place.CONTACT: N_("the name of who is written to"),
    Place.MANAGER: N_("the name of who writes"),
}


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _list()


@blueprint.get("/<int:template_id>")
def open_one(template_id: int) -> ResponseReturnValue:
    return _one(template_id)


@blueprint.post("")
def create() -> ResponseReturnValue:
    key = sent_command_id()
    return _act(
        lambda session: add_letter_template(session, *_typed(), actor=actor(), clock=services().clock, command_id=key),
        _("Added."),
        refused=_list,
    )


@blueprint.post("/<int:template_id>")
def change(template_id: int) -> ResponseReturnValue:
    def command(session: Session) -> object:
        read_as = request.form.get("read_as", "")
        return change_letter_template(
            session, template_id, *_typed(), actor=actor(), clock=services().clock, read_as=read_as
        )

    return _act(
        command,
        _("Saved."),
        refused=lambda error: _list(error) if isinstance(error, TemplateIsGone) else _one(template_id, error),
    )


@blueprint.post("/<int:template_id>/remove")
def remove(template_id: int) -> ResponseReturnValue:
    return _act(
        lambda session: remove_letter_template(session, template_id, actor=actor(), clock=services().clock),
        lambda was_there: (
            _("Removed. Letters that were written stay as they are.")
            if was_there
            else _("This text was removed already.")
        ),
        refused=lambda error: _one(template_id, error),
    )


def _typed() -> tuple[str, str, str]:
    return request.form.get("name", ""), request.form.get("subject", ""), request.form.get("text", "")


def _act(
    command: Callable[[Session], T],
    told: str | Callable[[T], str],
    *,
    refused: Callable[[DomainError], ResponseReturnValue],
) -> ResponseReturnValue:
    return carry_out(command, told, refused=refused, shown_at=url_for("letter_templates.show"))


def _list(error: DomainError | None = None) -> ResponseReturnValue:
    """All texts by name, and the form of a new one; ``error`` is about what was typed there."""
    with reading() as session:
        found = managed_templates(session, actor())
    return _page("settings/letter_templates.html", error, templates=found)


def _one(template_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    """One text as it is, or as it was typed where ``error`` is about that."""
    with reading() as session:
        found = managed_template(session, actor(), template_id)
    is_late = isinstance(error, TemplateEditedMeanwhile)
    return _page(
        "settings/letter_template.html",
        error,
        template=found,
        now_reads=found if is_late else None,
        read_as=request.form.get("read_as", "") if error and not is_late else found.fingerprint,
    )


def _page(name: str, error: DomainError | None, **shown: object) -> ResponseReturnValue:
    errors = field_errors(error) if error else {}
    spelling = 0 if chosen_locale() == "uk" else 1
    page = render_template(
        name,
        **shown,
        places=[("{" + SPELLINGS[place][spelling] + "}", _(told)) for place, told in _FILLED_BY.items()],
        typed=dict(zip(("name", "subject", "text"), _typed(), strict=True)) if error else {},
        errors=errors,
        problem_text=error_text(error) if error and not errors else "",
        longest_name=LONGEST_NAME,
        longest_subject=LONGEST_SUBJECT,
        longest_text=LONGEST_TEXT,
    )
    return page, status_of(error) if error else 200
