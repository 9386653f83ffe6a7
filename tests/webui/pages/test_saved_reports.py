from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select
from support.office import Office
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.model.history_event import HistoryEvent
from engine.model.notice import Notice, NoticeKind
from engine.model.person import Person
from engine.model.saved_report import Rhythm, SavedReport

SignIn = Callable[[str | None], Browser]
PAGE = "/reports/saved"
_PERIOD = re.compile(r'<a class="btn btn-sm[^"]*" href="([^"]+)">([^<]+)</a>')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def saved(office: Office) -> SavedReport:
    with office.database.read() as session:
        return session.scalars(select(SavedReport)).one()


def save(browser: Browser, **values: str) -> TestResponse:
    given = {"report": "lateness", "by": "step", "name": "Запізнення"} | values
    return browser.post(PAGE, form=given)


def test_a_report_is_saved_as_it_is_and_opens_with_the_days_of_then(office: Office, browse: SignIn) -> None:
    bohdan, today = browse("bohdan"), office.clock.now().date()
    save(bohdan, **{"from": f"{today - timedelta(days=6)}", "to": f"{today}"})
    page = text_of(bohdan.get(PAGE))
    for said in ("Запізнення", "7 днів", "не надсилається"):
        assert said in page
    assert "Запізнення" in text_of(bohdan.get("/reports/lateness"))
    assert "Запізнення" not in text_of(bohdan.get("/reports/approvals"))
    office.clock.advance(timedelta(days=10))
    later = today + timedelta(days=10)
    opened = bohdan.get(f"{PAGE}/{saved(office).id}")
    days = f"from={later - timedelta(days=6)}&to={later}&period=days_7"
    assert opened.location == f"/reports/lateness?by=step&{days}"


@pytest.mark.parametrize("period", ["Цей місяць", "Цей квартал", "Цей рік"])
def test_of_periods_that_have_the_same_days_the_chosen_one_is_saved(
    office: Office, browse: SignIn, period: str
) -> None:
    """In January the year, the quarter and the month began on one day; in May they did not."""
    office.clock.advance(datetime(2027, 1, 15, 9, tzinfo=UTC) - office.clock.now())
    bohdan = browse("bohdan")
    address = next(link for link, name in _PERIOD.findall(bohdan.get("/reports/activity").text) if name == period)
    page = bohdan.get(unescape(address)).text
    assert re.findall(r'<a class="btn btn-sm active"[^>]*>([^<]+)</a>', page) == [period]
    save(bohdan, **dict(_HIDDEN.findall(page.partition('class="save-report"')[2])))
    assert period in text_of(bohdan.get(PAGE))
    office.clock.advance(timedelta(days=120))
    first = {"Цей місяць": "2027-05-01", "Цей квартал": "2027-04-01", "Цей рік": "2027-01-01"}[period]
    assert f"from={first}&" in bohdan.get(f"{PAGE}/{saved(office).id}").location


def test_a_forecast_is_saved_with_months_that_move(office: Office, browse: SignIn) -> None:
    office.open_deal()
    bohdan = browse("bohdan")
    save(bohdan, report="forecast", by="person", map="sale", first="2026-04-01", months="6", name="Пів року")
    office.clock.advance(timedelta(days=40))
    opened = bohdan.get(f"{PAGE}/{saved(office).id}")
    assert opened.location == "/reports/forecast?map=sale&by=person&first=2026-05-01&months=6"


def test_a_saved_report_is_scheduled_stopped_renamed_and_deleted(office: Office, browse: SignIn) -> None:
    bohdan = browse("bohdan")
    save(bohdan)
    place = f"{PAGE}/{saved(office).id}"
    bohdan.post(f"{place}/schedule", form={"rhythm": "week", "weekday": "5", "monthday": "28", "at": "08:30"})
    told = saved(office)
    assert (told.rhythm, told.day, told.at) == (Rhythm.WEEK, 5, "08:30")
    assert "Щотижня, пʼятниця, 08:30" in text_of(bohdan.get(PAGE))
    bohdan.post(f"{place}/schedule", form={"rhythm": "week", "weekday": "5", "at": "9:05"})
    assert saved(office).at == "09:05"
    wrong = bohdan.post(f"{place}/schedule", form={"rhythm": "day", "at": "опівдні"})
    assert (wrong.status_code, "опівдні" in text_of(wrong)) == (422, True)
    bohdan.post(f"{place}/stop")
    assert (saved(office).rhythm, saved(office).next_at) == (None, None)
    bohdan.post(f"{place}/rename", form={"name": "Терміни"})
    assert saved(office).name == "Терміни"
    bohdan.post(f"{place}/delete")
    assert "Ще нічого не збережено" in text_of(bohdan.get(PAGE))


def test_that_nothing_would_come_is_said_where_it_is_scheduled(office: Office, browse: SignIn) -> None:
    bohdan = browse("bohdan")
    save(bohdan)
    page = text_of(bohdan.get(PAGE))
    assert "не надсилається жоден" not in page
    assert "немає електронної адреси" not in page
    bohdan.post("/settings/mail", form={"saved_report": "never", "times": "9:00"})
    with office.database.write() as session:
        session.get_one(Person, office.company.bohdan.id).email = ""
    page = text_of(bohdan.get(PAGE))
    assert "не надсилається жоден" in page
    assert "немає електронної адреси" in page


def test_a_double_click_saves_and_sends_a_report_once(office: Office, browse: SignIn) -> None:
    bohdan = browse("bohdan")
    hidden = dict(_HIDDEN.findall(bohdan.get("/reports/activity").text.partition('class="save-report"')[2]))
    assert [save(bohdan, **hidden, by="", name="Робота").status_code for _ in range(2)] == [303, 303]
    place = f"{PAGE}/{saved(office).id}"
    form = dict(_HIDDEN.findall(bohdan.get(PAGE).text.partition(f'action="{place}/send"')[2].partition("</form>")[0]))
    assert [bohdan.post(f"{place}/send", form=form).status_code for _ in range(2)] == [303, 303]
    with office.database.read() as session:
        assert session.query(Notice).filter_by(kind=NoticeKind.SAVED_REPORT).count() == 1


def test_a_second_press_deletes_no_more_and_is_told_so(office: Office, browse: SignIn) -> None:
    bohdan = browse("bohdan")
    save(bohdan)
    place = f"{PAGE}/{saved(office).id}"
    told = []
    for _ in range(2):
        assert bohdan.post(f"{place}/delete").location == PAGE
        told.append(text_of(bohdan.get(PAGE)))
    assert ["Звіт видалено зі збережених." in one for one in told] == [True, False]
    assert "Ви вже видалили цей звіт." in told[1]
    assert browse("owner").post(f"{place}/delete").status_code == 404
    assert bohdan.post(f"{PAGE}/999/delete").status_code == 404
    with office.database.read() as session:
        changes = [one.data["change"] for one in session.query(HistoryEvent).filter_by(kind="saved_report_changed")]
    assert changes == ["saved", "deleted"]


def test_names_are_ones_own_and_once_each(office: Office, browse: SignIn) -> None:
    bohdan = browse("bohdan")
    save(bohdan)
    again = save(bohdan, name="запізнення")
    assert (again.status_code, "уже є звіт" in text_of(again)) == (422, True)
    assert saved(office).name == "Запізнення"
    assert save(browse("iryna")).status_code == 303


def test_a_saved_report_is_nobody_elses(office: Office, browse: SignIn) -> None:
    save(browse("bohdan"))
    place = f"{PAGE}/{saved(office).id}"
    iryna = browse("iryna")
    assert iryna.get(place).status_code == 404
    assert "Запізнення" not in text_of(iryna.get(PAGE))
    for action in ("rename", "stop", "delete", "schedule"):
        assert iryna.post(f"{place}/{action}", form={"rhythm": "day", "at": "09:00", "name": "x"}).status_code == 404
    for login in ("olena", "danylo"):
        assert browse(login).get(PAGE).status_code == 404
        assert save(browse(login)).status_code == 404


@pytest.mark.parametrize("values", [{"report": "secrets"}, {"by": "colour"}, {"report": "forecast", "by": "step"}])
def test_what_is_no_report_is_not_saved(office: Office, browse: SignIn, values: dict[str, str]) -> None:
    assert save(browse("bohdan"), **values).status_code == 404
    with office.database.read() as session:
        assert session.scalars(select(SavedReport)).all() == []
