"""The list of deals as its address asks for it: filters, order, page. The same for the page and for its export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from engine.errors import N_
from engine.model.deal import DealResult
from engine.policy.permissions import Actor
from engine.queries.counted_deals import CountedDeals, DealResults
from engine.queries.deal_columns import DealColumn
from engine.queries.deal_list import DealSort, deals
from engine.queries.deal_rows import DealRow
from engine.queries.pages import Page
from webui.forms.typed_values import read_id
from webui.listed_pages import all_pages
from webui.periods import end_of, iso_date, start_of

COLUMNS = {
    DealColumn.AMOUNT: N_("Amount"),
    DealColumn.STAGE: N_("Stage"),
    DealColumn.NEXT_STEP: N_("Next step"),
    DealColumn.OWNER: N_("Owner"),
    DealColumn.CLOSE_DATE: N_("Close date"),
    DealColumn.OPENED: N_("Opened"),
    DealColumn.STAGE_SINCE: N_("In this stage since"),
    DealColumn.OPEN_STEPS: N_("Open steps"),
    DealColumn.CLOSED: N_("Closed"),
    DealColumn.LOSS_REASON: N_("Reason of loss"),
}
SORTS = {
    DealColumn.AMOUNT: "amount",
    DealColumn.STAGE: "stage_since",
    DealColumn.STAGE_SINCE: "stage_since",
    DealColumn.CLOSE_DATE: "close_date",
    DealColumn.OPENED: "opened_at",
}
"""By which words of the address a column sorts."""
NUMERIC = frozenset({DealColumn.AMOUNT, DealColumn.OPEN_STEPS})
PAGE_SIZE = 50
_ANY = "any"
_NONE = "none"
_UNSAID = "unsaid"
"""In place of a reason: none of the list, and none at all."""
_INPUTS = frozenset({"q", "owner", "owner_text", "result", "map", "overdue", "sort"})
_NOTHING_COUNTED = CountedDeals()
_YES_NO = {"1": True, "0": False}


@dataclass(frozen=True, slots=True)
class DealFilter:
    """``result`` None means any result; without a word about it only open deals are listed.

    ``closed_from`` and ``closed_to`` are the first and the last day on which the deals were closed, ``opened_from`` and
    ``opened_to`` those on which they were opened. ``reason_id`` is why they ended without a sale, 0: none of the list.
    ``counted`` is what only numbers of reports narrow the list by.
    """

    q: str = ""
    stage: str | None = None
    owner_id: int | None = None
    owner_text: str = ""
    client_id: int | None = None
    result: DealResult | DealResults | None = DealResult.OPEN
    definition_key: str | None = None
    map_version: int | None = None
    closed_from: date | None = None
    closed_to: date | None = None
    opened_from: date | None = None
    opened_to: date | None = None
    reason_id: int | None = None
    overdue: bool = False
    counted: CountedDeals = _NOTHING_COUNTED
    sort: DealSort = DealSort.LATEST

    @classmethod
    def of(cls, given: Mapping[str, str]) -> DealFilter:
        """Read from an address. What means nothing is not applied."""
        result = given.get("result", DealResult.OPEN)
        sort = given.get("sort", "")
        owner = given.get("owner", "")
        return cls(
            q=given.get("q", "").strip()[:200],
            stage=given.get("stage") or None,
            owner_id=read_id(owner),
            owner_text=given.get("owner_text", "") if owner else "",
            client_id=read_id(given.get("client", "")),
            result=_result_of(result),
            definition_key=given.get("map") or None,
            map_version=read_id(given.get("version", "")),
            closed_from=iso_date(given.get("closed_from", "")),
            closed_to=iso_date(given.get("closed_to", "")),
            opened_from=iso_date(given.get("opened_from", "")),
            opened_to=iso_date(given.get("opened_to", "")),
            reason_id=0 if given.get("reason") in {_NONE, _UNSAID} else read_id(given.get("reason", "")),
            overdue=given.get("overdue") == "1",
            counted=_counted_of(given),
            sort=DealSort(sort) if sort in set(DealSort) else DealSort.LATEST,
        )

    @property
    def narrows(self) -> bool:
        """Does it leave anything out, other than deals that have ended?"""
        return replace(self, sort=DealSort.LATEST) != DealFilter()

    @property
    def hidden(self) -> dict[str, str]:
        """What the page's form has no input for, and keeps."""
        return {name: value for name, value in self._given().items() if value and name not in _INPUTS}

    @property
    def result_word(self) -> str:
        return self.result.value if self.result else _ANY

    def address(self, endpoint: str = "deals.list_deals", **changes: str | None) -> str:
        """The address of the same list with ``changes``. A change starts at the first page again."""
        values: dict[str, Any] = {name: value for name, value in (self._given() | changes).items() if value}
        return url_for(endpoint, **values)

    def _given(self) -> dict[str, str | None]:
        counted = self.counted
        return {
            "q": self.q or None,
            "stage": self.stage,
            "owner": str(self.owner_id) if self.owner_id else None,
            "owner_text": self.owner_text or None,
            "client": _id_word(self.client_id),
            "result": None if self.result is DealResult.OPEN else self.result_word,
            "map": self.definition_key,
            "version": str(self.map_version) if self.map_version else None,
            "closed_from": self.closed_from.isoformat() if self.closed_from else None,
            "closed_to": self.closed_to.isoformat() if self.closed_to else None,
            "opened_from": self.opened_from.isoformat() if self.opened_from else None,
            "opened_to": self.opened_to.isoformat() if self.opened_to else None,
            "reason": _UNSAID
            if counted.said == ""
            else None
            if self.reason_id is None
            else str(self.reason_id or _NONE),
            "said": counted.said,
            "reached": counted.reached,
            "closes_from": counted.closes_from.isoformat() if counted.closes_from else None,
            "closes_to": counted.closes_to.isoformat() if counted.closes_to else None,
            "dated": _word(counted.is_dated),
            "priced": _word(counted.is_priced),
            "department": _id_word(counted.department_id),
            "maps": ",".join(counted.definition_keys) or None,
            "overdue": "1" if self.overdue else None,
            "sort": None if self.sort is DealSort.LATEST else self.sort.value,
        }

    def sorted_by(self, sort: str) -> str:
        return self.address(sort=sort)

    def page(
        self, session: Session, actor: Actor, now: datetime, *, cursor: str | None, limit: int = PAGE_SIZE
    ) -> Page[DealRow]:
        """Raises CursorNotUnderstood."""
        return deals(
            session,
            actor,
            q=self.q,
            stage=self.stage,
            owner_id=self.owner_id,
            client_id=self.client_id,
            result=self.result,
            definition_key=self.definition_key,
            map_version=self.map_version,
            closed_since=start_of(self.closed_from),
            closed_until=end_of(self.closed_to),
            opened_since=start_of(self.opened_from),
            opened_until=end_of(self.opened_to),
            loss_reason_id=self.reason_id,
            overdue=self.overdue,
            counted=self.counted,
            sort=self.sort,
            limit=limit,
            cursor=cursor,
            now=now,
        )

    def all_rows(self, session: Session, actor: Actor, now: datetime) -> Iterator[DealRow]:
        """Every row of the list, read page by page."""
        return all_pages(lambda cursor, limit: self.page(session, actor, now, cursor=cursor, limit=limit))


def _result_of(word: str) -> DealResult | DealResults | None:
    if word in set(DealResults):
        return DealResults(word)
    return DealResult(word) if word in set(DealResult) else None


def _counted_of(given: Mapping[str, str]) -> CountedDeals:
    return CountedDeals(
        reached=given.get("reached") or None,
        said="" if given.get("reason") == _UNSAID else given.get("said") or None,
        closes_from=iso_date(given.get("closes_from", "")),
        closes_to=iso_date(given.get("closes_to", "")),
        is_dated=_YES_NO.get(given.get("dated", "")),
        is_priced=_YES_NO.get(given.get("priced", "")),
        department_id=0 if given.get("department") == _NONE else read_id(given.get("department", "")),
        definition_keys=tuple(key for key in given.get("maps", "").split(",") if key),
    )


def _word(is_given: bool | None) -> str | None:
    return None if is_given is None else str(int(is_given))


def _id_word(number: int | None) -> str | None:
    """Of a reason or a department; 0 means: none."""
    return None if number is None else str(number or _NONE)
