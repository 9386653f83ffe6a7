"""How the caller wants to be written to, over HTTP."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.mail_choices import set_mail_choices
from engine.queries.mail_choices import kinds_for, mail_choices
from engine.queries.telegram import chat_of
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.mail_choices import MailChoices, MailChoicesChange
from webui.api.performing import carry_out
from webui.api.tags import ME
from webui.request_context import reading, services


@api.get("/me/mail", tags=[ME], responses={200: MailChoices})
def show_mail_choices() -> Response:
    """What the caller is told of: at once, in a digest or never, and where, by kind; and when."""
    return _answer()


@api.patch("/me/mail", tags=[ME], responses={200: MailChoices})
def change_mail_choices(body: MailChoicesChange) -> Response:
    """Change some of it. Letters that wait follow the new choices."""

    def command(session: Session) -> None:
        present = mail_choices(session, [caller().person_id])[caller().person_id]
        set_mail_choices(
            session,
            deliveries={kind.value: delivery.value for kind, delivery in (body.deliveries or {}).items()},
            places={kind.value: place.value for kind, place in (body.places or {}).items()},
            times=", ".join(f"{one:%H:%M}" for one in present.times)
            if body.digest_times is None
            else ", ".join(body.digest_times),
            keeps_quiet=present.keeps_quiet if body.keeps_quiet is None else body.keeps_quiet,
            actor=caller(),
            clock=services().clock,
        )

    carry_out(command)
    return _answer()


def _answer() -> Response:
    with reading() as session:
        chosen = mail_choices(session, [caller().person_id])[caller().person_id]
        is_linked = chat_of(session, caller().person_id) is not None
    kinds = kinds_for(caller())
    return answer(
        MailChoices(
            deliveries={kind: chosen.delivery_of(kind) for kind in kinds},
            places={kind: chosen.place_of(kind) for kind in kinds},
            telegram_linked=is_linked and services().settings.telegram_bot_id is not None,
            digest_times=tuple(f"{one:%H:%M}" for one in chosen.times),
            keeps_quiet=chosen.keeps_quiet,
        )
    )
