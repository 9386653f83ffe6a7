"""A person's own calendar fetches their deadlines from a secret address."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from icalendar import Calendar, Event
from support.office import Office
from support.web import Browser

from engine.commands.deals import update_deal
from engine.commands.people import set_substitution, update_person
from engine.commands.work_items import delegate_work_item, extend_work_item
from engine.model.deadline_feed import DeadlineFeed

SignIn = Callable[[str | None], Browser]

PAGE = "/settings/deadlines"


def address_of(browser: Browser) -> str:
    """The path of the address that is shown when it is made."""
    (path,) = re.findall(r"http://[^<\s]*(/deadlines/[\w-]+\.ics)", browser.post(PAGE).text)
    return str(path)


def events(browser: Browser, address: str) -> dict[str, Any]:  # each property is one of thirty types
    """What a calendar shows, by the beginning of each summary."""
    answer = browser.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    calendar = Calendar.from_ical(answer.data)
    assert calendar.walk("VTIMEZONE")  # a file without any component is none
    found = [one for one in calendar.walk("VEVENT") if isinstance(one, Event)]
    return {str(one["summary"]).split(" · ", 1)[0]: one for one in found}


def test_a_calendar_without_a_session_fetches_the_steps_and_deals_of_its_person(office: Office, browse: SignIn) -> None:
    deal = office.open_deal(close_date=date(2026, 3, 20))
    office.open_deal("taras", title="Чужа угода")
    step, olena, calendar = office.step("prepare", deal), browse("olena"), browse(None)
    address = address_of(olena)
    assert address not in olena.get(PAGE).text  # it is shown once
    shown = events(calendar, address)
    assert set(shown) == {"Підготувати пропозицію", "Угода має закритися: Насоси для водоканалу"}
    event = shown["Підготувати пропозицію"]
    assert (event.start, event.end) == (step.due_at - timedelta(minutes=30), step.due_at)  # type: ignore[operator]
    assert event["url"].endswith(f"/work-items/{step.id}")
    assert event["url"] in event["description"]
    assert "ТОВ «Промінь»" in event["summary"]
    assert shown["Угода має закритися: Насоси для водоканалу"].start == date(2026, 3, 20)
    with office.database.read() as session:
        (kept,) = session.query(DeadlineFeed).all()
    assert kept.token_hash not in address


def test_a_moved_deadline_moves_the_same_event_and_what_has_not_changed_is_not_sent_again(
    office: Office, browse: SignIn
) -> None:
    office.open_deal()
    step, calendar, address = office.step("prepare"), browse(None), address_of(browse("olena"))
    before = events(calendar, address)["Підготувати пропозицію"]
    tag = {"If-None-Match": calendar.get(address).headers["ETag"]}
    unchanged = calendar.client.get(address, headers=tag)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert "Set-Cookie" not in unchanged.headers
    assert "noindex" in unchanged.headers["X-Robots-Tag"]
    office.clock.advance(timedelta(minutes=5))
    office.do("bohdan", extend_work_item, step.id, "4 р.д.", "Клієнт у відпустці")
    assert calendar.client.get(address, headers=tag).status_code == 200
    after = events(calendar, address)["Підготувати пропозицію"]
    assert after["uid"] == before["uid"]
    assert after.end > before.end
    assert after["sequence"] > before["sequence"]
    assert after["last-modified"].dt == office.clock.now()
    office.prepare()
    assert events(calendar, address) == {}


def test_an_address_that_was_replaced_withdrawn_or_whose_person_has_left_finds_nothing(
    office: Office, browse: SignIn
) -> None:
    taras, calendar = browse("taras"), browse(None)
    first = address_of(taras)
    second = address_of(taras)
    assert [calendar.get(one).status_code for one in (first, second)] == [404, 200]
    assert taras.post(f"{PAGE}/withdraw").status_code == 303
    third = address_of(taras) if calendar.get(second).status_code == 404 else ""
    person = office.company.taras.id
    for is_active in (False, True):
        office.do("admin", update_person, person, {"is_active": is_active})
        assert calendar.get(third).status_code == 404


def test_while_somebody_is_away_their_deadlines_stand_in_their_substitutes_calendar(
    office: Office, browse: SignIn
) -> None:
    deal, calendar = office.open_deal(), browse(None)
    own, other = address_of(browse("olena")), address_of(browse("taras"))
    today = office.clock.now().date()
    away = office.company.olena.id, office.company.taras.id, today, today + timedelta(days=4)
    office.do("olena", set_substitution, *away)
    assert events(calendar, own) == {}
    assert set(events(calendar, other)) == {"Олена Коваль: Підготувати пропозицію"}
    office.do("olena", update_deal, deal.id, {"close_date": today + timedelta(days=5)})
    assert set(events(calendar, own)) == {"Угода має закритися: Насоси для водоканалу"}
    office.clock.advance(timedelta(days=5))
    assert set(events(calendar, own)) == {"Підготувати пропозицію", "Угода має закритися: Насоси для водоканалу"}
    assert events(calendar, other) == {}


def test_a_department_sees_what_it_may_take_and_whoever_gave_a_step_away_sees_it_no_longer(
    office: Office, browse: SignIn
) -> None:
    office.open_deal()
    office.prepare()
    calendar, lawyer, outsider = browse(None), address_of(browse("iryna")), address_of(browse("danylo"))
    (summary,) = events(calendar, lawyer)
    assert summary.startswith("Юридичний відділ: ")
    step = office.step("legal")
    office.do("iryna", delegate_work_item, step.id, office.company.iryna.id)
    assert summary.removeprefix("Юридичний відділ: ") in events(calendar, lawyer)
    assert events(calendar, outsider) == {}


def test_guessing_addresses_comes_to_an_end(browse: SignIn) -> None:
    stranger = browse(None)
    assert {stranger.get(f"/deadlines/guess-{number}.ics").status_code for number in range(30)} == {404}
    assert stranger.get("/deadlines/guess-again.ics").status_code == 429
