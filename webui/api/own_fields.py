"""The company's own fields of clients and contacts over HTTP: which there are, and which there shall be."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.own_fields import replace_own_fields
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import KnownField
from engine.queries.own_fields import own_fields
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.own_fields import OwnFieldItem, OwnFieldList, OwnFields, OwnFieldsQuery
from webui.api.models.steps import ChoiceItem
from webui.api.performing import carry_out
from webui.api.tags import CLIENTS
from webui.request_context import reading, services


@api.get("/own-fields", tags=[CLIENTS], responses={200: OwnFieldList})
def list_own_fields(query: OwnFieldsQuery) -> Response:
    """The company's own fields of clients or contacts: what `fields` may hold."""
    return answer(_listed(query.of))


@api.put("/own-fields", tags=[CLIENTS], responses={200: OwnFieldList})
def put_own_fields(query: OwnFieldsQuery, body: OwnFields) -> Response:
    """Let the fields in use be these and no others, in this order. What is left out is retired, and keeps its values.

    All of it or nothing: what is wrong stands at `items.<place from 0>.<member>`. What `GET` answered can be sent back.
    """
    drafts = [one.draft() for one in body.items if not one.is_retired]

    def command(session: Session) -> None:
        replace_own_fields(session, query.of, drafts, actor=caller(), clock=services().clock)

    carry_out(command)
    return answer(_listed(query.of))


def _listed(subject: FieldSubject) -> OwnFieldList:
    with reading() as session:
        found = (*own_fields(session, subject), *own_fields(session, subject, retired=True))
    return OwnFieldList(items=tuple(_own_field_item(one) for one in found))


def _own_field_item(known: KnownField) -> OwnFieldItem:
    field = known.definition
    return OwnFieldItem(
        id=known.id,
        subject=known.subject,
        name=field.name,
        name_in_maps=known.name_in_maps if known.subject is FieldSubject.CLIENT else None,
        label=field.label,
        type=field.type,
        required=field.required,
        choices=tuple(ChoiceItem(value=one.value, label=one.label) for one in field.choices),
        help=field.help,
        minimum=field.minimum,
        maximum=field.maximum,
        pattern=field.pattern,
        is_listed=known.is_listed,
        is_retired=known.is_retired,
    )
