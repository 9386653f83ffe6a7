"""Who is asking, over HTTP."""

from __future__ import annotations

from flask import Response

from engine.policy.permissions import Ability, may
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.people import Me
from webui.api.tags import ME


@api.get("/me", tags=[ME], responses={200: Me})
def show_me() -> Response:
    """Who the token or the session belongs to, and what their role allows."""
    actor = caller()
    return answer(
        Me(
            id=actor.person_id,
            login=actor.login,
            name=actor.full_name,
            role=actor.role,
            locale=actor.locale,
            department_ids=tuple(sorted(actor.department_ids)),
            headed_department_ids=tuple(sorted(actor.headed_department_ids)),
            substitutes_for=tuple(sorted(actor.substitutes_for)),
            abilities=tuple(sorted(ability for ability in Ability if may(actor, ability))),
        )
    )
