"""The state of the machinery: is a worker alive, does anything pile up. The administrator's."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engine.commands.mailing import send_letter_again
from engine.model.heartbeat import WORKER
from engine.policy.permissions import Ability
from engine.queries.external_jobs import waiting_topics
from engine.queries.machinery import machinery
from engine.queries.mail_state import mail_state
from engine.queries.scopes import ensure_sees
from webui.i18n import _, ngettext
from webui.request_context import actor, now, reading, services, writing

blueprint = Blueprint("machinery", __name__, url_prefix="/settings/machinery")

_LATE_AFTER_SECONDS = 90
_MINUTE = 60
_HOUR = 3600


@blueprint.get("")
def show() -> ResponseReturnValue:
    ensure_sees(actor(), Ability.RETRY_INCIDENT)
    with reading() as session:
        state = machinery(session, now())
        topics = waiting_topics(session, actor(), now())
        mail = mail_state(session, actor(), now(), bot_id=services().settings.telegram_bot_id)
    return render_template(
        "settings/machinery.html",
        state=state,
        topics=topics,
        mail=mail,
        in_words=_in_words,
        sends_mail=services().settings.smtp_url is not None,
        has_bot=services().settings.telegram_bot_id is not None,
        worker_late=state.worker_age_s is None or state.worker_age_s > _LATE_AFTER_SECONDS,
        heartbeats=[
            (_("Worker") if name == WORKER else name, _ago(age), age > _LATE_AFTER_SECONDS)
            for name, age in sorted(state.heartbeats.items())
        ],
    )


@blueprint.post("/letters/<int:letter_id>/again")
def send_again(letter_id: int) -> ResponseReturnValue:
    """Try a letter once more that did not arrive."""
    ensure_sees(actor(), Ability.RETRY_INCIDENT)
    with writing() as session:
        send_letter_again(session, letter_id, actor=actor(), clock=services().clock)
    flash(_("The letter is tried again."), "success")
    return redirect(url_for("machinery.show") + "#mail", code=303)


def _in_words(error: str) -> str:
    """What was kept in the words of the source, in the reader's as far as the words are ours; no markup."""
    head, _colon, answer = error.partition(": ")
    if not answer or "%" in head:
        return _(error)
    template = f"{head}: %(answer)s"
    return _(template, answer=_(answer))


def _ago(seconds: int) -> str:
    if seconds < _MINUTE:
        return ngettext("%(num)s second ago", "%(num)s seconds ago", seconds)
    if seconds < _HOUR:
        return ngettext("%(num)s minute ago", "%(num)s minutes ago", seconds // _MINUTE)
    return ngettext("%(num)s hour ago", "%(num)s hours ago", seconds // _HOUR)
