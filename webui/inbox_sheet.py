"""A tab of the inbox as rows of a spreadsheet: what the list shows, all its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from engine.policy.permissions import Actor
from engine.queries.inbox import inbox
from engine.queries.inbox_filters import kept_filter
from engine.queries.own_columns import OwnColumn
from webui.i18n import _
from webui.inbox_list import tab_of, words_in
from webui.listed_pages import all_pages
from webui.outcomes import decided
from webui.own_columns import own_headings, with_deal_cells
from webui.request_context import now


def header(own: Sequence[OwnColumn]) -> tuple[str, ...]:
    """``own`` are the own fields behind the columns that every such sheet has."""
    of_all = (
        _("Step"),
        _("Number"),
        _("Deal"),
        _("Client"),
        _("Amount"),
        _("Currency"),
        _("Stage"),
        _("With whom"),
        _("Deadline"),
        _("Done at"),
        _("Decision"),
    )
    return (*of_all, *own_headings(own, beside=of_all).values())


def rows(
    session: Session, actor: Actor, arguments: Mapping[str, str], own: Sequence[OwnColumn]
) -> Iterator[tuple[Any, ...]]:
    """Of the tab and words in ``arguments``, as the actor narrowed and sorted it."""
    tab = tab_of(arguments.get("tab", ""))
    q, chosen = words_in(arguments), kept_filter(session, actor, tab)
    found = all_pages(
        lambda cursor, limit: inbox(session, actor, tab=tab, q=q, chosen=chosen, limit=limit, cursor=cursor, now=now())
    )
    for row, cells in with_deal_cells(session, own, found, lambda one: one.deal_id):
        yield (
            row.name,
            row.deal_number,
            row.deal_title,
            row.client_name,
            row.amount,
            row.currency,
            row.stage,
            row.who,
            row.due_at,
            row.completed_at,
            decided(row.outcome) if row.outcome else "",
            *cells,
        )
