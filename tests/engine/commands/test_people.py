from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY
from support.office import Office
from support.passwords import SHIPPED

from engine.commands import people
from engine.commands.calendars import remove_calendar_exception, set_calendar_exception, update_weekly_hours
from engine.commands.departments import DepartmentDraft, add_department, update_department
from engine.commands.people import (
    PersonDraft,
    add_person,
    end_substitution,
    set_password,
    set_substitution,
    sign_in,
    update_person,
)
from engine.commands.tokens import create_token, revoke_token
from engine.commands.work_items import claim_work_item
from engine.errors import InvalidInput, NotAllowed, NotFound, SignInFailed
from engine.model.api_token import ApiToken
from engine.model.calendar import Calendar
from engine.model.department import Membership
from engine.model.person import Person, Role
from engine.queries.accounts import Accounts


def newcomer(office: Office, **values: object) -> Person:
    usual: dict[str, Any] = {"login": "maria", "full_name": "Марія Нова", "role": Role.APPROVER}
    return office.do("admin", add_person, PersonDraft(**(usual | {"password": "tajemnycia"} | values)))


def test_a_newcomer_signs_in_with_any_case_of_the_login(office: Office) -> None:
    person = newcomer(office)
    with office.database.write() as session:
        assert sign_in(session, " Maria ", "tajemnycia").id == person.id
        for login, password in (("maria", "ne te"), ("nobody", "tajemnycia"), ("olena", "")):
            with pytest.raises(SignInFailed):
                sign_in(session, login, password)


def test_a_password_is_hashed_as_the_standard_recommends() -> None:
    made = extract_parameters(SHIPPED.hash("tajemnycia"))
    assert (made.type, made.memory_cost) == (Type.ID, RFC_9106_LOW_MEMORY.memory_cost)
    assert made.time_cost >= RFC_9106_LOW_MEMORY.time_cost


def test_to_refuse_an_unknown_login_takes_the_work_of_a_known_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []

    class Noting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002  # argon2's signature
            checked.append(extract_parameters(str(hash)))
            return super().verify(hash, password)

    newcomer(office)
    monkeypatch.setattr(people, "_hasher", Noting())
    with office.database.write() as session:
        for login in ("maria", "nobody"):
            with pytest.raises(SignInFailed) as refused:
                sign_in(session, login, "ne te")
            assert isinstance(refused.value.__context__, VerifyMismatchError)
    known, unknown = checked
    assert unknown == known


def test_who_left_cannot_sign_in_and_holds_no_token(office: Office) -> None:
    person = newcomer(office)
    token = office.do("admin", create_token, person.id, "для каси")
    accounts = Accounts(office.database)
    assert accounts.of_token(token, office.clock.now()) is not None
    office.do("admin", update_person, person.id, {"is_active": False})
    assert accounts.of_token(token, office.clock.now()) is None
    with office.database.write() as session, pytest.raises(SignInFailed):
        sign_in(session, "maria", "tajemnycia")


def test_everything_wrong_with_a_person_is_told_at_once(office: Office) -> None:
    with pytest.raises(InvalidInput) as refused:
        newcomer(office, login="Марія", full_name="", password="123", department_ids=[999])
    assert set(refused.value.errors) == {"login", "full_name", "password", "department_ids"}
    with pytest.raises(InvalidInput) as refused:
        newcomer(office, login="OLENA")
    assert refused.value.errors["login"].code == "login_taken"


def test_a_changed_password_ends_the_sessions(office: Office) -> None:
    person = newcomer(office)
    office.do("admin", set_password, person.id, "inshyi-parol")
    with office.database.read() as session:
        assert session.get_one(Person, person.id).session_stamp != person.session_stamp


def test_only_the_administrator_manages_people_but_everybody_their_language(office: Office) -> None:
    with pytest.raises(NotAllowed):
        office.do("bohdan", add_person, PersonDraft("x", "X", Role.MANAGER))
    office.do("olena", update_person, office.company.olena.id, {"locale": "en"})
    with pytest.raises(NotAllowed):
        office.do("olena", update_person, office.company.olena.id, {"role": Role.ADMINISTRATOR})
    with pytest.raises(NotAllowed):
        office.do("admin", update_person, office.company.admin.id, {"is_active": False})


def test_a_token_is_recognised_until_it_is_revoked(office: Office) -> None:
    token = office.do("olena", create_token, office.company.olena.id, "1С")
    accounts = Accounts(office.database)
    account = accounts.of_token(token, office.clock.now())
    with office.database.read() as session:
        row = session.query(ApiToken).one()
    assert account is not None
    assert (account.actor.login, token in row.token_hash) == ("olena", False)
    with pytest.raises(NotFound):
        office.do("taras", revoke_token, row.id)
    office.do("olena", revoke_token, row.id)
    assert accounts.of_token(token, office.clock.now()) is None
    assert accounts.of_token("rgl_" + "0" * 43, office.clock.now()) is None


def test_a_substitute_does_the_absent_persons_step_in_their_name(office: Office) -> None:
    office.open_deal()
    office.prepare()
    item = office.step("legal")
    office.do("iryna", claim_work_item, item.id)
    with pytest.raises(NotFound):
        office.complete("danylo", "legal", "approved")
    company = office.company
    office.do("iryna", set_substitution, company.iryna.id, company.danylo.id, date(2026, 3, 1), date(2026, 3, 3))
    done = office.complete("danylo", "legal", "approved")
    assert (done.completed_by_id, done.on_behalf_of_id) == (company.danylo.id, company.iryna.id)


def test_a_substitution_over_gives_no_rights_any_more(office: Office) -> None:
    company = office.company
    kept = office.do("iryna", set_substitution, company.iryna.id, company.danylo.id, date(2026, 3, 1), date(2026, 3, 2))
    assert office.actor("danylo").substitutes_for == {company.iryna.id}
    office.wait(days=1)
    assert office.actor("danylo").substitutes_for == frozenset()
    office.do("admin", end_substitution, kept.id)


def test_substitutions_do_not_run_in_circles(office: Office) -> None:
    company = office.company
    days = (date(2026, 3, 1), date(2026, 3, 9))
    office.do("admin", set_substitution, company.olena.id, company.taras.id, *days)
    with pytest.raises(InvalidInput) as refused:
        office.do("admin", set_substitution, company.taras.id, company.olena.id, *days)
    assert refused.value.errors["substitute_id"].code == "substitute_self"
    with pytest.raises(InvalidInput):
        office.do("admin", set_substitution, company.petro.id, company.iryna.id, days[1], days[0])
    with pytest.raises(NotFound):
        office.do("olena", set_substitution, company.petro.id, company.iryna.id, *days)


def test_who_draws_maps_adds_a_department_by_its_name_alone(office: Office) -> None:
    office.do("owner", add_department, DepartmentDraft("Договірний відділ"))
    with pytest.raises(NotAllowed):
        office.do("owner", add_department, DepartmentDraft("Склад", head_id=office.company.bohdan.id))
    with pytest.raises(NotAllowed):
        office.do("bohdan", add_department, DepartmentDraft("Склад"))


def test_a_department_has_one_name_in_any_spelling_and_no_circle_above_it(office: Office) -> None:
    with pytest.raises(InvalidInput):
        office.do("admin", add_department, DepartmentDraft("ЮРИДИЧНИЙ  відділ"))
    below = office.do("admin", add_department, DepartmentDraft("Договори", parent_id=office.company.legal.id))
    with pytest.raises(InvalidInput):
        office.do("admin", update_department, office.company.legal.id, {"parent_id": below.id})
    with pytest.raises(InvalidInput) as refused:
        office.do("admin", update_department, below.id, {"escalation": "колись потім"})
    assert set(refused.value.errors) == {"escalation"}
    office.do("admin", update_department, below.id, {"escalation": "нагадати за 1 роб. год; керівнику в строк"})


def test_a_holiday_moves_the_deadlines_promised_after_it(office: Office) -> None:
    with office.database.read() as session:
        calendar_id = session.query(Calendar.id).scalar()
    office.do("admin", set_calendar_exception, calendar_id, date(2026, 3, 3), [], "Вихідний")
    deal = office.open_deal()
    assert office.step("prepare", deal).due_at == datetime(2026, 3, 5, 8, tzinfo=UTC)
    office.do("admin", remove_calendar_exception, calendar_id, date(2026, 3, 3))
    assert office.step("prepare", office.open_deal()).due_at == datetime(2026, 3, 4, 8, tzinfo=UTC)


@pytest.mark.parametrize("spans", [[("09:00", "25:00")], [("09:00", "12:00"), ("11:00", "13:00")], [("9", "9")]])
def test_hours_that_cannot_be_are_refused(office: Office, spans: list[tuple[str, str]]) -> None:
    with office.database.read() as session:
        calendar_id = session.query(Calendar.id).scalar()
    with pytest.raises(InvalidInput):
        office.do("admin", update_weekly_hours, calendar_id, {"0": spans})
    with pytest.raises(NotAllowed):
        office.do("olena", update_weekly_hours, calendar_id, {"0": [("09:00", "12:00")]})


def test_who_leaves_leaves_no_step_behind(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    legal = office.step("legal")
    office.do("iryna", claim_work_item, legal.id)
    office.do("admin", update_person, office.company.iryna.id, {"is_active": False})
    assert office.step("legal").assignee_id == office.company.admin.id  # nobody is left in the department
    office.do("petro", claim_work_item, office.step("logistics").id)
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.oksana.id, department_id=office.company.logistics.id))
    office.do("admin", update_person, office.company.petro.id, {"is_active": False})
    assert office.step("logistics").assignee_id is None
    for element in ("finance", "logistics"):
        office.complete("oksana", element, "returned", comment="Ще раз")
    own = office.open_deal("taras", client=None, client_id=deal.client_id)
    office.do("admin", update_person, office.company.taras.id, {"is_active": False})
    assert office.step("prepare", own).assignee_id in {None, office.company.bohdan.id}
    assert "step_reassigned" in office.kinds(own)
