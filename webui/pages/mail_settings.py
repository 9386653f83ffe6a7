"""One's own letters: which come at once, which together, which never, and at what times."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.mail_choices import set_mail_choices
from engine.errors import N_, DomainError
from engine.model.person import Person
from engine.policy.mail_choices import MOST_TIMES, Delivery
from engine.queries.calendars import calendar_of_person
from engine.queries.mail_choices import kinds_for, mail_choices
from tasks.notice_words import KIND_LABELS
from webui.error_pages import status_of
from webui.i18n import _
from webui.messages import field_errors
from webui.request_context import actor, reading, services, writing

blueprint = Blueprint("mail_settings", __name__, url_prefix="/settings/mail")

_DELIVERIES = (
    (Delivery.AT_ONCE, N_("At once")),
    (Delivery.DIGEST, N_("Together")),
    (Delivery.NEVER, N_("Never")),
)


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
def save() -> ResponseReturnValue:
    form = request.form
    deliveries = {kind.value: form[kind.value] for kind in kinds_for(actor()) if kind.value in form}
    try:
        with writing() as session:
            set_mail_choices(
                session,
                deliveries=deliveries,
                times=form.get("times", ""),
                keeps_quiet=form.get("keeps_quiet") == "yes",
                actor=actor(),
                clock=services().clock,
            )
    except DomainError as error:
        return _page(error)
    flash(_("Saved. Letters that wait already follow it too."), "success")
    return redirect(url_for("mail_settings.show"), code=303)


def _page(error: DomainError | None = None) -> ResponseReturnValue:
    """The choices, or after an error what was typed."""
    person_id, form = actor().person_id, request.form
    with reading() as session:
        chosen = mail_choices(session, [person_id])[person_id]
        email = session.get_one(Person, person_id).email
        zone = calendar_of_person(session, person_id).zone
    rows = [
        (kind.value, _(KIND_LABELS[kind]), form.get(kind.value, chosen.delivery_of(kind).value))
        for kind in kinds_for(actor())
    ]
    page = render_template(
        "settings/mail.html",
        rows=rows,
        deliveries=[(delivery.value, _(label)) for delivery, label in _DELIVERIES],
        times=form.get("times", ", ".join(f"{one:%H:%M}" for one in chosen.times)),
        keeps_quiet=form.get("keeps_quiet") == "yes" if error else chosen.keeps_quiet,
        email=email,
        zone=zone,
        most=MOST_TIMES,
        errors=field_errors(error) if error else {},
    )
    return page, status_of(error) if error else 200
