from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select, update
from support.api import ApiClient, faults, problem, read
from support.office import Office
from support.web import Browser

from engine.model.deal import Deal
from engine.model.notice import Notice, NoticeKind
from engine.model.saved_report import SavedReport

ApiOf = Callable[[str | None], ApiClient]
PLACE = "/reports/saved"
FORECAST = {
    "name": "Прогноз",
    "report": "forecast",
    "filters": {"group_by": "person", "months": 6},
    "schedule": {"rhythm": "last_working_day", "at": "16:00"},
}


def test_a_report_is_saved_once_per_key_and_stands_on_the_page_as_in_the_list(api: ApiOf, office: Office) -> None:
    bohdan = api("bohdan")
    first = bohdan.post(PLACE, FORECAST, key="k-1")
    made = read(first, 201)
    assert first.headers["Location"] == f"/api/v1{PLACE}/{made['id']}"
    assert read(bohdan.post(PLACE, FORECAST, key="k-1"), 201) == made
    problem(bohdan.post(PLACE, FORECAST | {"name": "Інший"}, key="k-1"), 409, "idempotency_key_reused")
    assert made["schedule"] == {
        "rhythm": "last_working_day",
        "day": 1,
        "at": "16:00",
        "next_at": "2026-03-31T13:00:00Z",
    }
    assert (made["filters"]["definition_keys"], made["filters"]["months"]) == ([], 6)
    assert read(bohdan.get(PLACE))["items"] == [made] == [read(bohdan.get(f"{PLACE}/{made['id']}"))]
    with office.database.read() as session:
        assert [one.name for one in session.scalars(select(SavedReport))] == ["Прогноз"]
    assert set(faults(bohdan.post(PLACE, FORECAST))) == {"name"}


def test_each_part_is_changed_by_itself(api: ApiOf) -> None:
    bohdan = api("bohdan")
    made = read(bohdan.post(PLACE, FORECAST), 201)
    place = f"{PLACE}/{made['id']}"
    renamed = read(bohdan.patch(place, {"name": "Прогноз на пів року"}))
    assert renamed == made | {"name": "Прогноз на пів року"}
    narrowed = read(bohdan.patch(place, {"filters": {"definition_keys": ["sale", "renewal"], "group_by": "month"}}))
    assert narrowed["filters"]["definition_keys"] == ["sale", "renewal"]
    assert (narrowed["filters"]["group_by"], narrowed["schedule"]) == ("month", made["schedule"])
    weekly = read(bohdan.patch(place, {"schedule": {"rhythm": "week", "day": 5, "at": "08:30"}}))
    assert (weekly["schedule"]["next_at"], weekly["filters"]) == ("2026-03-06T06:30:00Z", narrowed["filters"])
    assert read(bohdan.patch(place, {}))["schedule"] == weekly["schedule"]
    assert read(bohdan.patch(place, {"schedule": None}))["schedule"] is None
    assert [bohdan.delete(place).status_code for _ in range(2)] == [204, 204]
    problem(api("owner").delete(place), 404, "not_found")
    problem(bohdan.delete(f"{PLACE}/999"), 404, "not_found")
    assert read(bohdan.get(PLACE))["items"] == []
    problem(bohdan.get(place), 404, "not_found")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"report": "secrets"}, "report"),
        ({"filters": {"group_by": "step"}}, "filters.group_by"),
        ({"filters": {"group_by": ""}}, "filters.group_by"),
        ({"report": "lateness", "filters": {"group_by": ""}}, "filters.group_by"),
        ({"report": "activity", "filters": {"group_by": "person"}}, "filters.group_by"),
        ({"report": "funnel", "filters": {}}, "filters.definition_keys"),
        ({"report": "funnel", "filters": {"definition_keys": ["a", "b"]}}, "filters.definition_keys"),
        ({"report": "lateness", "filters": {"first": "2026-03-02", "last": "2026-03-01"}}, "filters.last"),
        ({"filters": {"months": 13}}, "filters.months"),
        ({"schedule": {"rhythm": "year"}}, "schedule.rhythm"),
        ({"schedule": {"rhythm": "week", "day": 8}}, "schedule.day"),
        ({"schedule": {"rhythm": "month", "day": 29}}, "schedule.day"),
        ({"schedule": {"rhythm": "day", "at": "24:00"}}, "schedule.at"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_saved(
    api: ApiOf, office: Office, given: dict[str, object], field: str
) -> None:
    bohdan = api("bohdan")
    assert set(faults(bohdan.post(PLACE, FORECAST | given))) == {field}
    assert read(bohdan.get(PLACE))["items"] == []


def test_a_saved_report_is_nobody_elses_and_for_no_one_without_reports(api: ApiOf) -> None:
    made = read(api("bohdan").post(PLACE, FORECAST), 201)
    place = f"{PLACE}/{made['id']}"
    for login in ("owner", "admin", "iryna", "olena", "danylo"):
        program = api(login)
        for answer in (
            program.get(place),
            program.patch(place, {"name": "Мій"}),
            program.delete(place),
            program.post(f"{place}/send"),
            program.get(f"{place}/file.csv"),
            program.get(f"{place}/file.xlsx"),
        ):
            problem(answer, 404, "not_found")
    assert read(api("owner").get(PLACE))["items"] == []
    problem(api("olena").get(PLACE), 404, "not_found")
    problem(api("olena").post(PLACE, FORECAST), 404, "not_found")
    assert api(None).get(PLACE).status_code == 401
    assert read(api("bohdan").get(place)) == made


def test_a_report_is_sent_now_once_per_key(api: ApiOf, office: Office) -> None:
    bohdan = api("bohdan")
    made = read(bohdan.post(PLACE, FORECAST), 201)
    for _ in range(2):
        assert bohdan.post(f"{PLACE}/{made['id']}/send", key="now").status_code == 204
    with office.database.read() as session:
        told = session.scalars(select(Notice).where(Notice.kind == NoticeKind.SAVED_REPORT)).all()
    assert [(one.person_id, one.details["saved_report_id"]) for one in told] == [(office.company.bohdan.id, made["id"])]
    assert read(bohdan.get(f"{PLACE}/{made['id']}")) == made


def test_every_kind_is_fetched_as_the_file_that_its_page_exports(
    api: ApiOf, office: Office, browse: Callable[[str | None], Browser]
) -> None:
    office.open_deal()
    office.prepare()
    with office.database.write() as session:
        session.execute(update(Deal).values(close_date=office.clock.now().date()))
    bohdan, first = api("bohdan"), (office.clock.now() - timedelta(days=89)).date()
    last = office.clock.now().date()
    days = f"from={first}&to={last}"
    pages = {
        "funnel": ({"definition_keys": ["sale"], "period": "days_90"}, f"funnel.csv?map=sale&{days}"),
        "forecast": ({"group_by": "person"}, "forecast.csv?by=person&months=3"),
        "lateness": ({"group_by": "step", "period": "days_90"}, f"lateness.csv?by=step&{days}"),
        "approvals": ({"group_by": "department", "period": "days_90"}, f"approvals.csv?by=department&{days}"),
        "activity": ({"period": "days_90"}, f"activity.csv?{days}"),
    }
    for report, (filters, page) in pages.items():
        made = read(bohdan.post(PLACE, {"name": report, "report": report, "filters": filters}), 201)
        text, book = (
            bohdan.get(f"{PLACE}/{made['id']}/file.{kind}", headers={"Accept-Language": "uk"})
            for kind in ("csv", "xlsx")
        )
        exported = browse("bohdan").get(f"/reports/{page}")
        rows = list(rows_of(text.get_data()))
        assert (text.status_code, exported.status_code, len(rows) > 1) == (200, 200, True), report
        assert rows == list(rows_of(exported.get_data())), report
        sheet = openpyxl.load_workbook(io.BytesIO(book.get_data())).active
        assert sheet is not None
        assert sheet.max_row == len(rows), report


def rows_of(content: bytes) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
