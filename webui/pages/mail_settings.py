"""What one is told: which notices come at once, which together, which never, when, and where; one's own Telegram."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.mail_choices import set_mail_choices
from engine.commands.telegram_links import CODES_LAST, make_telegram_code, unlink_telegram
from engine.errors import N_, DomainError, NotFound
from engine.model.person import Person
from engine.model.telegram import TelegramEnd
from engine.policy.mail_choices import MOST_TIMES, Delivery, Place
from engine.policy.telegram_codes import as_shown
from engine.queries.calendars import calendar_of_person
from engine.queries.mail_choices import kinds_for, mail_choices
from engine.queries.telegram import OwnTelegram, own_telegram
from tasks.notice_words import KIND_LABELS
from webui.error_pages import status_of
from webui.i18n import _
from webui.messages import field_errors
from webui.qr_codes import qr_code
from webui.request_context import actor, now, reading, services, writing
from webui.sessions import polls

blueprint = Blueprint("mail_settings", __name__, url_prefix="/settings/mail")
polls("mail_settings.is_linked")

_DELIVERIES = (
    (Delivery.AT_ONCE, N_("At once")),
    (Delivery.DIGEST, N_("Together")),
    (Delivery.NEVER, N_("Never")),
)
_PLACES = (
    (Place.BOTH, N_("Everywhere")),
    (Place.TELEGRAM, N_("Telegram")),
    (Place.MAIL, N_("Letter")),
)
_ENDS = {
    TelegramEnd.STOPPED: N_(
        "Nothing comes to Telegram any more: you wrote /stop to the bot. What is new comes by letter."
    ),
    TelegramEnd.BLOCKED: N_(
        "Nothing comes to Telegram any more: the bot was blocked there. What is new comes by letter. To have it in "
        "Telegram again, unblock the bot and link it anew."
    ),
    TelegramEnd.MOVED: N_(
        "Nothing comes to your Telegram any more: somebody else linked the same chat to their account. If it is still "
        "yours, link it anew."
    ),
}
_MINUTE_S = 60


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
def save() -> ResponseReturnValue:
    form = request.form
    kinds = [kind.value for kind in kinds_for(actor())]
    everywhere = form.get("everywhere")
    places = {kind: form.get(f"place-{kind}", "") for kind in kinds if f"place-{kind}" in form}
    try:
        with writing() as session:
            set_mail_choices(
                session,
                deliveries={kind: form[kind] for kind in kinds if kind in form},
                places=dict.fromkeys(kinds, everywhere) if everywhere else places,
                times=form.get("times", ""),
                keeps_quiet=form.get("keeps_quiet") == "yes",
                actor=actor(),
                clock=services().clock,
            )
    except DomainError as error:
        return _page(error)
    flash(_("Saved. What waits to be told already follows it too."), "success")
    return redirect(url_for("mail_settings.show"), code=303)


@blueprint.post("/telegram")
def link_telegram() -> ResponseReturnValue:
    """The answer to this request is the only place where the code ever stands."""
    if services().settings.telegram_bot_id is None:
        raise NotFound
    with writing() as session:
        code = make_telegram_code(session, actor=actor(), clock=services().clock)
    return _page(code=code)


@blueprint.get("/telegram")
def is_linked() -> ResponseReturnValue:
    """The page that shows a code asks whether it has been used, or lasts no longer: then it is shown anew."""
    own = _own_telegram()
    if own is None or own.is_linked or not own.is_awaited:
        return Response(status=204, headers={"HX-Redirect": url_for("mail_settings.show")})
    return Response(status=204)


@blueprint.post("/telegram/unlink")
def unlink() -> ResponseReturnValue:
    with writing() as session:
        unlink_telegram(session, actor=actor(), clock=services().clock)
    flash(_("Telegram is unlinked. What is new comes by letter."), "success")
    return redirect(url_for("mail_settings.show"), code=303)


def _own_telegram() -> OwnTelegram | None:
    """None where the installation has no bot."""
    bot_id = services().settings.telegram_bot_id
    if bot_id is None:
        return None
    with reading() as session:
        return own_telegram(session, actor().person_id, bot_id, now())


def _page(error: DomainError | None = None, code: str = "") -> ResponseReturnValue:
    """The choices, or after an error what was typed. With ``code``, how to link Telegram by it."""
    person_id, form = actor().person_id, request.form
    with reading() as session:
        chosen = mail_choices(session, [person_id])[person_id]
        email = session.get_one(Person, person_id).email
        zone = calendar_of_person(session, person_id).zone
    rows = [
        (
            kind.value,
            _(KIND_LABELS[kind]),
            form.get(kind.value, chosen.delivery_of(kind).value),
            form.get(f"place-{kind.value}", chosen.place_of(kind).value),
        )
        for kind in kinds_for(actor())
    ]
    page = render_template(
        "settings/mail.html",
        rows=rows,
        deliveries=[(delivery.value, _(label)) for delivery, label in _DELIVERIES],
        places=[(place.value, _(label)) for place, label in _PLACES],
        times=form.get("times", ", ".join(f"{one:%H:%M}" for one in chosen.times)),
        keeps_quiet=form.get("keeps_quiet") == "yes" if error else chosen.keeps_quiet,
        email=email,
        zone=zone,
        most=MOST_TIMES,
        errors=field_errors(error) if error else {},
        **_telegram(code),
    )
    return page, status_of(error) if error else 200


def _telegram(code: str) -> dict[str, object]:
    own = _own_telegram()
    link = f"https://t.me/{own.bot}?start={code}" if own is not None and own.bot and code else ""
    return {
        "telegram": own,
        "ended": _(_ENDS[own.ended]) if own is not None and own.ended is not None else "",
        "link": link,
        "code": as_shown(code) if link else "",
        "qr_code": qr_code(link) if link else "",
        "minutes": int(CODES_LAST.total_seconds()) // _MINUTE_S,
    }
