from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from email.message import EmailMessage

import pytest
from sqlalchemy import select, update
from support.office import Office
from support.post_office import PostOffice

from engine.commands.departments import update_department
from engine.commands.exchange_rates import choose_company_currency, set_exchange_rate
from engine.commands.people import update_person
from engine.commands.saved_reports import (
    ReportDraft,
    delete_saved_report,
    save_report,
    schedule_saved_report,
    send_saved_report,
)
from engine.errors import NotFound
from engine.model.deal import Deal
from engine.model.person import Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.saved_report import ReportKind, Rhythm, SavedReport
from engine.policy.report_periods import ReportFilters, UsualPeriod
from engine.policy.report_schedule import Schedule
from tasks.jobs import sweep
from tasks.notices import tell_people, tell_reports

pytestmark = pytest.mark.usefixtures("services")

AT_NINE = Schedule(Rhythm.DAY, time(9))


def send(office: Office, post_office: PostOffice, **later: float) -> list[EmailMessage]:
    """What was written meanwhile."""
    post_office.letters.clear()
    office.clock.advance(timedelta(**later))
    for _ in range(2):
        tell_reports()
        tell_people()
        sweep()
    return list(post_office.letters)


def scheduled(
    office: Office, report: ReportKind, login: str = "bohdan", by: str = "", schedule: Schedule = AT_NINE
) -> int:
    with office.database.write() as session:
        session.get_one(Person, getattr(office.company, login).id).locale = "en"
    filters = ReportFilters(definition_key="sale", group_by=by, months=3)
    saved = office.do(login, save_report, ReportDraft(f"My {report}", report, filters))
    office.do(login, schedule_saved_report, saved.id, schedule)
    return saved.id


def body(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize(
    ("report", "by", "said"),
    [
        (ReportKind.FUNNEL, "", ("Opened in this period: 1", "reached it: 1, in it now: 1")),
        (ReportKind.FORECAST, "person", ("Open deals: 0", "Without a close date: they stand in no month: 1")),
        (ReportKind.LATENESS, "step", ("Підготувати пропозицію: done: 1, late: 0, late now: 0",)),
        (ReportKind.APPROVALS, "department", ("Логістика: asked for: 1, returned: 0, waiting: 1, late: 0",)),
        (ReportKind.ACTIVITY, "", ("Олена Коваль: steps done: 1, late: 0, won: 0",)),
    ],
)
def test_a_report_comes_at_its_time_once_and_tells_what_its_page_does(
    office: Office, post_office: PostOffice, report: ReportKind, by: str, said: tuple[str, ...]
) -> None:
    saved_id = scheduled(office, report, by=by)
    office.open_deal()
    office.prepare()
    send(office, post_office)
    assert send(office, post_office, hours=22) == []
    (letter,) = send(office, post_office, hours=1)
    assert (letter["To"], letter["Subject"]) == ("bohdan@example.com", f"Report: My {report}")
    text = body(letter)
    for one in (*said, f"https://sales.example.com/reports/saved/{saved_id}"):
        assert one in text
    assert send(office, post_office, hours=1) == []
    assert len(send(office, post_office, days=3)) == 1, "of what was missed, the latest is made up for"


def test_sums_in_a_letter_have_one_total_in_the_company_s_currency(office: Office, post_office: PostOffice) -> None:
    scheduled(office, ReportKind.FUNNEL)
    office.open_deal(currency="USD", amount=Decimal(100))
    office.open_deal(currency="UAH", amount=Decimal(1))
    office.do("admin", choose_company_currency, "UAH")
    (letter,) = send(office, post_office, days=1)
    assert "In progress: 2 · 1 UAH + 100 $ (no total: no rate of USD)" in body(letter).replace("\xa0", " ")
    office.do("admin", set_exchange_rate, "USD", office.clock.now().date(), Decimal("40.005"))
    (letter,) = send(office, post_office, days=1)
    assert "In progress: 2 · 1 UAH + 100 $ ≈ 4,001.50 UAH" in body(letter).replace("\xa0", " ")


@pytest.mark.parametrize("rhythm", [Rhythm.MONTH_END, Rhythm.LAST_WORKING_DAY])
def test_after_days_without_a_server_the_latest_report_comes_once_with_the_days_on_which_it_was_due(
    office: Office, post_office: PostOffice, rhythm: Rhythm
) -> None:
    """It is Monday, 2 March; the server is off from the 29th of March over the end of two months, until 4 May."""
    with office.database.write() as session:
        session.get_one(Person, office.company.bohdan.id).locale = "en"
    filters = ReportFilters(period=UsualPeriod.THIS_MONTH, group_by="person")
    saved = office.do("bohdan", save_report, ReportDraft("Month", ReportKind.LATENESS, filters))
    office.do("bohdan", schedule_saved_report, saved.id, Schedule(rhythm, time(16)))
    assert send(office, post_office, days=27) == []
    (letter,) = send(office, post_office, days=36)
    assert "Period: 01.04.2026 – 30.04.2026" in body(letter)
    assert send(office, post_office, days=20) == []
    (letter,) = send(office, post_office, days=8)
    assert "Period: 01.05.2026 – " in body(letter)


def test_a_report_of_a_months_last_evening_is_held_by_quiet_hours_and_is_still_of_that_month(
    office: Office, post_office: PostOffice
) -> None:
    with office.database.write() as session:
        session.get_one(Person, office.company.bohdan.id).locale = "en"
    filters = ReportFilters(period=UsualPeriod.THIS_MONTH, group_by="person")
    saved = office.do("bohdan", save_report, ReportDraft("Month", ReportKind.LATENESS, filters))
    office.do("bohdan", schedule_saved_report, saved.id, Schedule(Rhythm.MONTH_END, time(22)))
    assert send(office, post_office, days=29, hours=13) == []
    (letter,) = send(office, post_office, hours=12)
    assert "Period: 01.03.2026 – 31.03.2026" in body(letter)


def test_a_report_that_waits_comes_also_where_it_was_sent_by_hand_meanwhile(
    office: Office, post_office: PostOffice
) -> None:
    """At half past six in the evening of 31 March, and by hand at half past seven in the morning of 1 April."""
    filters = ReportFilters(period=UsualPeriod.THIS_MONTH, group_by="person")
    saved = office.do("bohdan", save_report, ReportDraft("Місяць", ReportKind.LATENESS, filters))
    office.do("bohdan", schedule_saved_report, saved.id, Schedule(Rhythm.MONTH_END, time(18, 30)))
    office.clock.advance(datetime(2026, 3, 31, 15, 40, tzinfo=UTC) - office.clock.now())
    assert send(office, post_office) == []
    office.clock.advance(datetime(2026, 4, 1, 4, 30, tzinfo=UTC) - office.clock.now())
    for _ in range(2):
        office.do("bohdan", send_saved_report, saved.id)
    (letter,) = send(office, post_office, hours=3)
    assert body(letter).count("Період: 01.03.2026 – 31.03.2026") == 1
    assert body(letter).count("Період: 01.04.2026 – 01.04.2026") == 1


def test_a_report_that_would_tell_of_the_same_days_twice_in_one_letter_tells_of_them_once(
    office: Office, post_office: PostOffice
) -> None:
    saved_id = scheduled(office, ReportKind.ACTIVITY, schedule=Schedule(Rhythm.DAY, time(20)))
    office.clock.advance(timedelta(hours=10, minutes=5))
    assert send(office, post_office) == []
    office.do("bohdan", send_saved_report, saved_id)
    (letter,) = send(office, post_office, hours=14)
    assert body(letter).count("Period: ") == 1


def test_a_report_is_sent_when_its_owner_wants_it_and_its_schedule_stays(
    office: Office, post_office: PostOffice
) -> None:
    saved_id = scheduled(office, ReportKind.ACTIVITY)
    office.do("bohdan", send_saved_report, saved_id)
    assert len(send(office, post_office)) == 1
    assert send(office, post_office, hours=22) == []
    assert len(send(office, post_office, hours=1)) == 1
    for login in ("iryna", "olena"):
        with pytest.raises(NotFound):
            office.do(login, send_saved_report, saved_id)


def test_a_forecast_of_all_maps_tells_what_each_of_them_brings(office: Office, post_office: PostOffice) -> None:
    with office.database.write() as session:
        session.get_one(Person, office.company.bohdan.id).locale = "en"
    office.open_deal()
    other = office.open_deal(title="Продовження")
    today = office.clock.now().date()
    with office.database.write() as session:
        draft = {"version": 1, "findings": [], "state": DefinitionState.DRAFT, "created_by_id": office.company.owner.id}
        session.add(ProcessDefinition(key="renewal", name="Продовження", created_at=office.clock.now(), **draft))
        session.execute(update(Deal).values(close_date=today))
        session.execute(update(Deal).where(Deal.id == other.id).values(definition_key="renewal"))
    saved = office.do(
        "bohdan", save_report, ReportDraft("All", ReportKind.FORECAST, ReportFilters(group_by="month", months=1))
    )
    office.do("bohdan", send_saved_report, saved.id)
    (letter,) = send(office, post_office)
    with office.database.read() as session:
        name = session.scalars(select(ProcessDefinition.name).where(ProcessDefinition.key == "sale")).first()
    for said in ("Open deals: 2 ", "Продовження: 1\r\n", f"{name}: 1\r\n"):
        assert said in body(letter)


def test_quiet_hours_hold_a_report_until_the_morning(office: Office, post_office: PostOffice) -> None:
    scheduled(office, ReportKind.ACTIVITY, schedule=Schedule(Rhythm.DAY, time(3)))
    assert send(office, post_office, hours=17, minutes=30) == []
    assert len(send(office, post_office, hours=6)) == 1


def test_a_head_of_a_department_gets_what_they_may_see_when_it_is_sent(office: Office, post_office: PostOffice) -> None:
    scheduled(office, ReportKind.LATENESS, "iryna", "step")
    office.open_deal()
    (letter,) = send(office, post_office, hours=23)
    assert "Підготувати пропозицію" not in body(letter)


def test_who_may_read_reports_no_more_is_told_once_and_gets_nothing_more(
    office: Office, post_office: PostOffice
) -> None:
    scheduled(office, ReportKind.ACTIVITY, "iryna")
    office.do("admin", update_department, office.company.legal.id, {"head_id": None})
    (letter,) = send(office, post_office, hours=23)
    assert letter["Subject"] == "No more by mail: My activity"
    assert "not open to you now" in body(letter)
    assert send(office, post_office, days=2) == []
    with office.database.read() as session:
        saved = session.scalars(select(SavedReport)).one()
    assert (saved.rhythm, saved.next_at, saved.refused_at is not None) == (None, None, True)


def test_the_right_is_looked_at_when_the_letter_leaves(office: Office, post_office: PostOffice) -> None:
    scheduled(office, ReportKind.ACTIVITY, "iryna", schedule=Schedule(Rhythm.DAY, time(3)))
    assert send(office, post_office, hours=18) == []
    office.do("admin", update_department, office.company.legal.id, {"head_id": None})
    (letter,) = send(office, post_office, hours=6)
    assert letter["Subject"] == "No more by mail: My activity"
    assert "steps done" not in body(letter)


def test_nothing_comes_of_a_report_that_is_deleted_or_whose_owner_has_left(
    office: Office, post_office: PostOffice
) -> None:
    saved_id = scheduled(office, ReportKind.ACTIVITY)
    scheduled(office, ReportKind.LATENESS, "iryna", "person")
    office.do("bohdan", delete_saved_report, saved_id)
    office.do("admin", update_person, office.company.iryna.id, {"is_active": False})
    assert send(office, post_office, days=2) == []
