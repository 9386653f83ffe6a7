"""The state of the machinery: is a worker alive, does anything pile up. The administrator's."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from engine.policy.permissions import Ability
from engine.queries.external_jobs import waiting_topics
from engine.queries.machinery import machinery
from engine.queries.scopes import ensure_sees
from webui.i18n import ngettext
from webui.request_context import actor, now, reading

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
    return render_template(
        "settings/machinery.html",
        state=state,
        topics=topics,
        worker_late=state.worker_age_s is None or state.worker_age_s > _LATE_AFTER_SECONDS,
        heartbeats=[(name, _ago(age), age > _LATE_AFTER_SECONDS) for name, age in sorted(state.heartbeats.items())],
    )


def _ago(seconds: int) -> str:
    if seconds < _MINUTE:
        return ngettext("%(num)s second ago", "%(num)s seconds ago", seconds)
    if seconds < _HOUR:
        return ngettext("%(num)s minute ago", "%(num)s minutes ago", seconds // _MINUTE)
    return ngettext("%(num)s hour ago", "%(num)s hours ago", seconds // _HOUR)
