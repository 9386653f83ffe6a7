from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support.api import ApiClient, faults, problem, read
from support.client_lists import COMPANIES, Lists
from support.founded_offices import FoundedOffices
from support.office import Office

from engine.model.client_import import ImportKind

ApiOf = Callable[[str | None], ApiClient]


@pytest.fixture
def office(sqlite_database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    """What both databases do alike is tried on one; the commands are tried on both."""
    with founded.at_work(sqlite_database_url) as office:
        yield office


def test_a_program_brings_a_list_sees_what_it_would_do_takes_it_over_and_back(office: Office, api: ApiOf) -> None:
    olena, worker = api("olena"), Lists(office)
    for _ in range(2):
        brought = read(olena.upload("/client-imports", ("companies.csv", COMPANIES.encode()), key="once"), 201)
        assert (brought["id"], brought["state"]) == (1, "checking")
    assert brought["columns"][1] == {"heading": "ЄДРПОУ", "meaning": "edrpou"}
    problem(olena.post("/client-imports/1/take-over"), 409, "import_moved_on")
    worker.work(1)
    assert read(olena.get("/client-imports/1"))["counts"] == {"new": 2, "refused": 2}
    (first, _) = read(olena.get("/client-imports/1/rows?state=refused"))["items"]
    assert (first["row"], first["client"]) == (4, None)
    assert first["messages"][0].startswith("Назва компанії: ")
    assert read(olena.get("/clients"))["items"] == []
    assert read(olena.post("/client-imports/1/take-over", key="go"))["state"] == "running"
    assert read(olena.post("/client-imports/1/take-over", key="go"))["state"] == "running"
    worker.work(1)
    assert len(read(olena.get("/clients"))["items"]) == 2
    assert read(olena.get("/client-imports"))["items"][0]["state"] == "done"
    problem(olena.post("/client-imports/1/stop"), 409, "import_moved_on")
    assert read(olena.post("/client-imports/1/take-back"))["state"] == "undoing"
    worker.work(1)
    assert read(olena.get("/clients"))["items"] == []
    problem(olena.post("/client-imports/1/take-back"), 409, "nothing_to_take_back")


def test_what_cannot_be_brought_is_told(api: ApiOf) -> None:
    olena = api("olena")
    problem(olena.upload("/client-imports", ("a.xlsx", b"PK nothing")), 422, "sheet_not_understood")
    assert set(faults(olena.upload("/client-imports", ("a.csv", b"phone\n067\n")))) == {"columns"}
    problem(api("iryna").upload("/client-imports", ("a.csv", b"client\nA\n")), 403, "ability_missing")
    problem(api("taras").get("/client-imports/1"), 404, "not_found")


def test_old_notes_of_a_client_are_listed(office: Office, api: ApiOf) -> None:
    lists = Lists(office)
    lists.take_over(COMPANIES)
    lists.take_over("Дата;Компанія;Автор;Коментар\n12.03.2021 14:05;ТОВ Лан;Петренко П.;Дзвінок\n", ImportKind.NOTES)
    notes = read(api("olena").get("/clients/1/notes"))["items"]
    assert (notes[0]["text"], notes[0]["author"]) == ("Дзвінок", "Петренко П.")
    assert notes[0]["written_at"] == "2021-03-12T12:05:00Z"
    problem(api("taras").get("/clients/1/notes"), 404, "not_found")
