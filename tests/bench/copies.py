"""A company as large as it has to hold: deals that were really opened, copied by the database itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, String, case, cast, func, insert, literal, select, text
from sqlalchemy.orm import Session
from support.office import Office
from support.sales_map import STAGES

from engine.db.job import Job, JobState
from engine.db.types import Moment
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.department import Department, Membership
from engine.model.history_event import HistoryEvent
from engine.model.person import Person, Role
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import LIVE, WorkItem
from engine.policy.search_keys import search_text

PEOPLE, DEPARTMENTS = 1_000, 45
OWN_DEALS = 50  # of the one manager whose pages are measured, however large the company is
BASE = 1_000_000  # ids of copies begin here; what is opened by commands stays below
STEPS_PER_DEAL = 3
IDS_PER_DEAL = 32
_MINUTES_A_DAY = 24 * 60
_SPREAD_DAYS, _LATE_DAYS = 60, 8
_TIMER_EVERY = 5


def hire(office: Office) -> None:
    """A thousand people in departments of their own."""
    with office.database.write() as session:
        session.execute(
            insert(Department),
            [{"id": BASE + n, "name": f"Відділ {n}", "name_key": f"відділ {n}"} for n in range(DEPARTMENTS)],
        )
        people = [(BASE + n, f"manager{n}", f"Менеджер {n}") for n in range(PEOPLE)]
        session.execute(
            insert(Person),
            [
                {
                    "id": one,
                    "login": login,
                    "full_name": name,
                    "role": Role.MANAGER,
                    "created_at": office.clock.now(),
                    "search_text": search_text(login, name),
                }
                for one, login, name in people
            ],
        )
        session.execute(
            insert(Membership),
            [{"person_id": BASE + n, "department_id": BASE + n % DEPARTMENTS} for n in range(PEOPLE)],
        )
        session.execute(insert(Membership), [{"person_id": office.company.iryna.id, "department_id": BASE}])


def sample(office: Office) -> int:
    """The id of a deal at its three approvals, brought there by commands."""
    deal = office.open_deal(title="Постачання насосів")
    office.complete("olena", "prepare", values={"discount": "5"})
    return deal.id


def grow(office: Office, deal_id: int, deals: int) -> None:
    """``deals`` copies of the deal: three open steps each, one done, its history, a letter; a client for two."""
    with office.database.write() as session:
        copies = _Copies(session, deals)
        n = copies.n
        owner = case((n <= OWN_DEALS, office.company.olena.id), else_=BASE + n % PEOPLE)
        deal = session.get_one(Deal, deal_id)
        client = BASE + (n + 1) // 2 * 2
        stage = case(*((n % len(STAGES) == at, name) for at, name in enumerate(STAGES)), else_=STAGES[0])
        number = "B-" + func.substr(cast(10_000_000 + n, String), 2)
        copies.of(
            Client,
            Client.id == deal.client_id,
            {
                "id": lambda _: BASE + n,
                "name": lambda one: one.name + " " + cast(n, String),
                "owner_id": lambda _: owner,
            },
            every=2,
        )
        copies.of(
            Deal,
            Deal.id == deal_id,
            {
                "id": lambda _: BASE + n,
                "number": lambda _: number,
                "client_id": lambda _: client,
                "owner_id": lambda _: owner,
                "stage": lambda _: stage,
                "currency": lambda _: case((n % 10 == 0, "USD"), else_="UAH"),
                "amount": lambda one: cast(one.amount, Integer) + n % 1_000 * 100,
                "opened_at": lambda one: copies.moved(one.opened_at, -n),
                "next_due_at": lambda _: literal(None, Moment),  # follows the steps
                "stage_since": lambda one: copies.moved(one.stage_since, -n % 50_000),
                "title": lambda one: one.title + " " + cast(n, String),
                "sort_key": lambda one: one.sort_key + " " + cast(n, String),  # digits are their own keys
                "search_text": lambda one: one.search_text + " " + func.lower(number),
            },
        )
        copies.of(
            ProcessInstance,
            ProcessInstance.deal_id == deal_id,
            {"id": lambda _: BASE + n, "deal_id": lambda _: BASE + n},
        )
        copies.of(
            WorkItem,
            WorkItem.deal_id == deal_id,
            {
                "id": lambda one: (BASE + n) * IDS_PER_DEAL + one.id % IDS_PER_DEAL,
                "deal_id": lambda _: BASE + n,
                "instance_id": lambda _: BASE + n,
                "stage": lambda _: stage,
                "asked_by_id": lambda _: owner,
                "completed_by_id": lambda one: case((one.state.in_(LIVE), None), else_=owner),
                "state": lambda one: case((one.state.in_(LIVE) & (one.id % 3 != 1), "claimed"), else_=one.state),
                "assignee_id": lambda one: case(
                    (one.id % 3 == 0, owner), (one.id % 3 == 2, BASE + n * 7 % PEOPLE), else_=None
                ),
                "group_id": lambda one: case((n <= OWN_DEALS, BASE), else_=BASE + (n + one.id) % DEPARTMENTS),
                "due_at": lambda one: copies.moved(
                    one.due_at, (n * 17 + one.id) % (_SPREAD_DAYS * _MINUTES_A_DAY) - _LATE_DAYS * _MINUTES_A_DAY
                ),
                "next_escalation_at": lambda one: copies.moved(one.due_at, 365 * _MINUTES_A_DAY),
                "search_text": lambda one: one.search_text + " " + func.lower(number),
            },
        )
        copies.of(
            HistoryEvent,
            HistoryEvent.deal_id == deal_id,
            {
                "id": lambda one: (BASE + n) * IDS_PER_DEAL + one.number,
                "deal_id": lambda _: BASE + n,
                "work_item_id": lambda _: None,
                "at": lambda one: copies.moved(one.at, -n),
            },
        )
        _add_machinery(session, copies, office)
    _settle(office)


def _add_machinery(session: Session, copies: _Copies, office: Office) -> None:
    """Letters that were sent, and timers that are due next year."""
    n, at = copies.n, literal(office.clock.now(), Moment)
    columns = ("id", "kind", "payload", "state", "due_at", "attempts", "last_error", "created_at", "done_at")
    payload = cast(literal("{}"), Job.payload.type)
    session.execute(
        insert(Job).from_select(
            columns,
            select(
                cast(n, String),
                literal("mail"),
                payload,
                literal(JobState.DONE.value),
                at,
                literal(1),
                literal(""),
                at,
                at,
            ),
        )
    )
    session.execute(
        insert(Timer).from_select(
            ("id", "instance_id", "activity_id", "node_id", "due_at"),
            select(
                BASE + n, BASE + n, literal("bench"), literal("silence"), copies.moved(at, 365 * _MINUTES_A_DAY + n)
            ).where(n % _TIMER_EVERY == 0),
        )
    )


class _Copies:
    """``number`` copies of rows; ``n`` counts them from 1."""

    def __init__(self, session: Session, number: int) -> None:
        self._session = session
        self._is_sqlite = session.get_bind().dialect.name == "sqlite"
        first = select(literal(1).label("n")).cte("numbers", recursive=True)
        self._numbers: CTE = first.union_all(select(first.c.n + 1).where(first.c.n < number))
        self.n: ColumnElement[int] = self._numbers.c.n

    def of(self, model: Any, rows: ColumnElement[bool], own: dict[str, Any], *, every: int = 1) -> None:
        """Copy ``rows`` of the table; ``own`` says what differs, as functions of the original's columns."""
        table = model.__table__
        original = select(table).where(rows).subquery("original")
        values = [own[one.name](original.c) if one.name in own else original.c[one.name] for one in table.columns]
        chosen = select(*values).select_from(original.join(self._numbers, self.n % every == 0))
        self._session.execute(insert(table).from_select([one.name for one in table.columns], chosen))

    def moved(self, moment: ColumnElement[Any], minutes: Any) -> ColumnElement[Any]:
        """``moment`` moved by ``minutes``, in the database's own spelling."""
        if self._is_sqlite:
            return func.strftime("%Y-%m-%d %H:%M:%f", moment, cast(minutes, String) + " minutes").op("||")("000")
        return moment + func.make_interval(0, 0, 0, 0, 0, cast(minutes, Integer))


def _settle(office: Office) -> None:
    """What PostgreSQL does by itself after a while: statistics, and marks of what everybody sees."""
    if office.database.is_sqlite:
        return
    with office.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
