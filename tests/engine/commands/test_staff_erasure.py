"""Who has left: what the company no longer needs of them goes, and every decision keeps its giver's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from support.office import Office
from support.personal_traces import ensure_whole, named_in

from engine.commands.people import set_password, sign_in, update_person
from engine.commands.staff_erasure import PersonHasAccess, erase_employee
from engine.commands.tokens import create_token
from engine.commands.watching import watch_deal
from engine.commands.work_items import save_draft
from engine.db.session import Database
from engine.errors import InvalidInput, NotAllowed, NotFound, SignInFailed
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.notice import Notice, NoticeState
from engine.model.person import Person
from engine.model.telegram import TelegramChat
from engine.queries.approval_sheets import whole_sheet
from engine.queries.people import person_view

BASIS = "заява № 3"
CARD = {"phone": "+380671234567", "email": "iryna@home.example", "position": "Старша юристка"}


@pytest.fixture
def office(sqlite_database_url: str) -> Iterator[Office]:
    """The company at work with its sales map published."""
    database = Database(sqlite_database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


@pytest.fixture
def deal(office: Office) -> Deal:
    """A deal that Ірина has approved before she left, with whatever she had kept in many places."""
    iryna = office.company.iryna.id
    office.do("admin", update_person, iryna, CARD)
    office.do("admin", set_password, iryna, "a long password")
    deal = office.open_deal()
    office.prepare()
    office.do("iryna", save_draft, office.step("legal", deal).id, {}, comment="Половина думки")
    office.complete("iryna", "legal", "approved", comment="Згода")
    office.do("iryna", create_token, iryna, "Телефон")
    office.do("iryna", watch_deal, deal.id)
    with office.database.write() as session:
        session.add(TelegramChat(person_id=iryna, chat_id=None, name="@iryna_home", linked_at=office.clock.now()))
    return deal


def test_who_has_left_is_reached_nowhere_and_still_named_on_what_they_decided(
    office: Office, deal: Deal, tmp_path: Path
) -> None:
    iryna = office.company.iryna.id
    ensure_whole(office, deal, tmp_path)
    with pytest.raises(PersonHasAccess):
        office.do("admin", erase_employee, iryna, BASIS)
    office.do("admin", update_person, iryna, {"is_active": False})
    with pytest.raises(NotAllowed):
        office.do("bohdan", erase_employee, iryna, BASIS)
    with pytest.raises(InvalidInput):
        office.do("admin", erase_employee, iryna, " ")
    with pytest.raises(NotFound):
        office.do("admin", erase_employee, 10**6, BASIS)
    words = ("671234567", "home.example", "телефон", "половина", "iryna_home")
    assert {"person.phone", "person.email", "api_token.name", "history_event.data"} <= set(named_in(office, *words))
    office.do("admin", erase_employee, iryna, BASIS, command_id="once")
    office.do("admin", erase_employee, iryna, BASIS, command_id="once")

    assert named_in(office, "671234567", "home.example", "половина", "iryna_home") == []
    ensure_whole(office, deal, tmp_path)
    with office.database.read() as session:
        view = person_view(session, office.actor("admin"), iryna)
        person = session.get_one(Person, iryna)
        (decision,) = whole_sheet(session, deal.id).decisions
        waiting = Notice.person_id == iryna, Notice.state.in_((NoticeState.NEW, NoticeState.PLANNED))
        assert session.scalars(select(Notice).where(*waiting)).all() == []
        told = session.scalars(select(HistoryEvent.kind).where(HistoryEvent.deal_id.is_(None))).all()
        with pytest.raises(SignInFailed):
            sign_in(session, "iryna", "a long password")
    assert (view.row.full_name, view.row.phone, view.row.email, view.row.position) == ("Ірина Бондар", "", "", "")
    assert (view.tokens, view.erased_by, person.password_hash) == ((), "Андрій Савченко", None)
    assert (decision.approver, decision.position, decision.comment) == ("Ірина Бондар", CARD["position"], "Згода")
    assert (told.count("texts_erased"), told.count("employee_erased")) == (1, 1)
