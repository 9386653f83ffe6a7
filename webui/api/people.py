"""People and departments over HTTP: whom a step can be handed to."""

from __future__ import annotations

from flask import Response

from engine.queries.pages import Page
from engine.queries.people import active_people, departments
from engine.queries.receivers import receivers
from webui.api.answers import listed, part_of
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.people import (
    DepartmentItem,
    DepartmentList,
    DepartmentQuery,
    PeopleQuery,
    PersonItem,
    PersonList,
    ReceiverItem,
    ReceiverList,
    ReceiversQuery,
)
from webui.api.models.values import PersonName
from webui.api.models.work_items import WorkItemPath
from webui.api.tags import PEOPLE, STEPS
from webui.request_context import reading


@api.get("/people", tags=[PEOPLE], responses={200: PersonList})
def list_people(query: PeopleQuery) -> Response:
    """Active people by name."""
    with reading() as session:
        found = active_people(session, caller(), query.q, cursor=query.cursor, limit=query.limit)
    return listed(found, lambda one: PersonItem(id=one.id, name=one.full_name, position=one.position), PersonList)


@api.get("/work-items/<int:work_item_id>/receivers", tags=[STEPS], responses={200: ReceiverList})
def list_receivers(path: WorkItemPath, query: ReceiversQuery) -> Response:
    """Whom a step can be handed to; a name looked for by `q` is told also where it cannot, and why."""
    with reading() as session:
        found = receivers(session, caller(), path.work_item_id, query.q, limit=query.limit)
    return listed(
        Page(items=found),
        lambda one: ReceiverItem(
            id=one.person.id, name=one.person.full_name, position=one.person.position, refusal=one.refusal
        ),
        ReceiverList,
    )


@api.get("/departments", tags=[PEOPLE], responses={200: DepartmentList})
def list_departments(query: DepartmentQuery) -> Response:
    """The departments in use by name; archived ones are told too where they are asked for."""
    with reading() as session:
        found = tuple(one for one in departments(session, caller()) if query.archived or not one.is_archived)
    return listed(
        part_of(found, query),
        lambda one: DepartmentItem(
            id=one.id,
            name=one.name,
            head=PersonName(id=one.head_id, name=one.head_name) if one.head_id is not None else None,
            parent_id=one.parent_id,
            distribution=one.distribution,
            members=one.members,
            archived=one.is_archived,
        ),
        DepartmentList,
    )
