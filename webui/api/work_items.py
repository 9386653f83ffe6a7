"""Steps over HTTP: the inbox and one step."""

from __future__ import annotations

from flask import Response

from engine.policy.history_chain import content_hash
from engine.queries.inbox import inbox
from engine.queries.inbox_tabs import Tab
from engine.queries.pages import Page
from engine.queries.work_item_details import WorkItemDetails, details_of
from engine.queries.work_items import work_item_view
from webui.api.answers import answer, listed
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.steps import FieldItem, OutcomeItem
from webui.api.models.values import ClientName, DealName, GroupName, Person
from webui.api.models.work_items import WorkItemItem, WorkItemList, WorkItemPath, WorkItemsQuery
from webui.api.tags import STEPS
from webui.request_context import now, reading


@api.get("/work-items", tags=[STEPS], responses={200: WorkItemList})
def list_work_items(query: WorkItemsQuery) -> Response:
    """Steps that wait, nearest deadline first, each with all that is needed to do it."""
    with reading() as session:
        page = inbox(
            session,
            caller(),
            tab=Tab(query.scope.value),
            q=query.q,
            deal_id=query.deal_id,
            state=query.state.value,
            limit=query.limit,
            cursor=query.cursor,
            now=now(),
        )
        detailed = Page(details_of(session, page.items, now()), page.next_cursor, page.total)
    return listed(detailed, _item, WorkItemList)


@api.get("/work-items/<int:work_item_id>", tags=[STEPS], responses={200: WorkItemItem})
def show_work_item(path: WorkItemPath) -> Response:
    """One step."""
    with reading() as session:
        view = work_item_view(session, caller(), path.work_item_id, now())
        (details,) = details_of(session, [view.row], now())
    return answer(_item(details))


def _item(details: WorkItemDetails) -> WorkItemItem:
    row = details.row
    assignee = None
    if row.assignee_id is not None:
        assignee = Person(id=row.assignee_id, login=details.assignee_login, name=row.assignee_name)
    return WorkItemItem(
        id=row.id,
        name=row.name,
        kind=row.kind,
        stage=row.stage,
        state=row.state,
        element_id=row.element_id,
        deal=DealName(id=row.deal_id, number=row.deal_number, title=row.deal_title),
        client=ClientName(id=row.client_id, name=row.client_name),
        assignee=assignee,
        group=GroupName(id=row.group_id, name=row.group_name) if row.group_id is not None else None,
        opened_at=row.opened_at,
        due_at=row.due_at,
        deadline=details.deadline_text,
        overdue=row.overdue,
        outcomes=tuple(OutcomeItem.of(one) for one in details.outcomes),
        fields=tuple(FieldItem.of(one, details.values.get(one.name)) for one in details.fields),
        instruction=details.instruction,
        content=dict(details.content),
        content_hash=content_hash(details.content) if details.content else "",
        content_seen=details.content_seen,
        reauthenticate=details.reauthenticate,
        outcome=row.outcome,
        completed_at=row.completed_at,
        completed_by=row.completed_by_name,
        may_act=row.may_act,
        may_claim=row.may_claim,
    )
