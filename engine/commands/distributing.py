"""Giving a department's step to one of its members by itself, in the transaction that opens the step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Distribution
from engine.model.deal import Deal
from engine.model.department import DepartmentTurn
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.distribution import eligible, least_loaded, next_in_turn
from engine.queries.absences import absent_of
from engine.queries.directories import directory


class Distributor:
    """Chooses for the steps of one deal that open at one moment.

    Where others might choose at the same time, the department's turn is locked until the commit: who comes second
    counts what the first one has given. Nothing is read for departments whose members take their steps themselves.
    """

    def __init__(self, session: Session, deal: Deal, at: datetime) -> None:
        self._session, self._deal, self._at = session, deal, at
        self._given: Counter[int] = Counter()  # in this transaction, and not yet among the rows

    def person_for(
        self, distribution: Distribution, department_id: int, element_id: str, *, barred: Collection[int] = ()
    ) -> int | None:
        """Who gets the step; None: whoever takes it. ``barred`` are those whom the rule of four eyes keeps from it."""
        members = directory(self._session).members_of(department_id)
        if distribution is Distribution.CLAIM or not members:
            return None
        if distribution is Distribution.OWNER:
            owner = self._deal.owner_id
            return owner if owner in members and owner not in barred else None
        absent = absent_of(self._session, members, self._at)
        people = eligible(members, absent=absent, barred=barred)
        chosen = None
        if distribution is Distribution.LAST:
            chosen = self._last_with_client(department_id, element_id, [one for one in people if one not in absent])
        if chosen is None:
            chosen = self._by_lot(distribution, department_id, people)
        if chosen is not None:
            self._given[chosen] += 1
        return chosen

    def _by_lot(self, distribution: Distribution, department_id: int, people: Sequence[int]) -> int | None:
        """In turn, or by load: this is also for the client whom nobody here has worked with yet."""
        turn = self._locked_turn(department_id)
        if distribution is Distribution.ROUND_ROBIN:
            turn.person_id = next_in_turn(people, turn.person_id)
            return turn.person_id
        return least_loaded(people, self._open_steps(people))

    def _locked_turn(self, department_id: int) -> DepartmentTurn:
        locked = select(DepartmentTurn).where(DepartmentTurn.department_id == department_id).with_for_update()
        turn = self._session.scalar(locked.execution_options(populate_existing=True))
        if turn is None:
            dialect = postgresql if self._session.get_bind().dialect.name == "postgresql" else sqlite
            self._session.execute(
                dialect.insert(DepartmentTurn).values(department_id=department_id).on_conflict_do_nothing()
            )
            turn = self._session.scalars(locked).one()
        return turn

    def _open_steps(self, people: Sequence[int]) -> Counter[int]:
        held = self._session.execute(
            select(WorkItem.assignee_id, func.count())
            .where(WorkItem.assignee_id.in_(people), WorkItem.state.in_(LIVE))
            .group_by(WorkItem.assignee_id)
        )
        return self._given + Counter({person: count for person, count in held if person is not None})

    def _last_with_client(self, department_id: int, element_id: str, people: Sequence[int]) -> int | None:
        """Who of ``people`` did this very step for the client last; else another step of the department."""
        by_whom = func.coalesce(WorkItem.on_behalf_of_id, WorkItem.completed_by_id)
        return self._session.scalar(
            select(by_whom)
            .join(Deal, Deal.id == WorkItem.deal_id)
            .where(
                Deal.client_id == self._deal.client_id,
                WorkItem.group_id == department_id,
                WorkItem.state == WorkItemState.COMPLETED,
                by_whom.in_(people),
            )
            .order_by(case((WorkItem.element_id == element_id, 0), else_=1), WorkItem.completed_at.desc())
            .limit(1)
        )
