"""The journal of the company for programs, on both databases."""

from __future__ import annotations

from collections.abc import Callable

from support.api import ApiClient, read
from support.office import Office

from engine.commands.people import set_password, update_person
from engine.commands.tokens import create_token

ApiOf = Callable[[str | None], ApiClient]


def test_changes_are_told_latest_first_with_the_sentence_and_page_by_page(office: Office, api: ApiOf) -> None:
    admin, olena = api("admin"), office.company.olena.id
    office.do("admin", update_person, olena, {"position": "Старша менеджерка"})
    office.do("olena", update_person, olena, {"theme": "dark"})
    office.do("admin", set_password, office.company.taras.id, "a long password")
    office.do("olena", create_token, olena, "Облік")
    first = read(admin.get(f"/journal?person_id={olena}&limit=1"))
    (item,) = first["items"]
    assert (item["kind"], item["part"], item["text"]) == ("token_created", "access", "Token “Облік” made")
    assert (item["subject"], item["actor"]["name"]) == (
        {"kind": "person", "id": olena, "name": "Олена Коваль"},
        "Олена Коваль",
    )
    second = read(admin.get(f"/journal?person_id={olena}&limit=1&cursor={first['next_cursor']}"))
    assert second["items"][0]["data"]["changes"] == {"position": ["Менеджерка з продажу", "Старша менеджерка"]}
    everything = read(admin.get("/journal?part=people"))["items"]
    assert not any("theme" in one["data"].get("changes", {}) for one in everything)


def test_a_period_and_a_part_narrow_it_and_nonsense_is_refused(office: Office, api: ApiOf) -> None:
    admin = api("admin")
    at = office.clock.now().isoformat().replace("+00:00", "Z")
    assert read(admin.get(f"/journal?until={at}&part=proofs"))["items"] == []
    for wrong in ("part=everything", "person_id=0", "since=yesterday", "cursor=x", "limit=1000"):
        assert admin.get(f"/journal?{wrong}").status_code == 422, wrong


def test_sign_ins_are_told_page_by_page_and_a_program_once_a_day(office: Office, api: ApiOf) -> None:
    admin, olena = api("admin"), office.company.olena.id
    for _ in range(2):
        api("olena").get("/me")
    office.do("admin", set_password, olena, "a long password")
    first = read(admin.get(f"/journal/sign-ins?person_id={olena}&limit=1"))
    (ended,) = first["items"]
    assert (ended["kind"], ended["reason"], ended["by"]["id"]) == (
        "ended",
        "password_was_set",
        office.company.admin.id,
    )
    second = read(admin.get(f"/journal/sign-ins?person_id={olena}&limit=1&cursor={first['next_cursor']}"))
    (called,) = second["items"]
    assert (called["kind"], called["way"], called["person"]["name"]) == ("signed_in", "token", "Олена Коваль")
    assert read(admin.get("/journal/sign-ins?kind=failed"))["items"] == []
    assert api("bohdan").get("/journal/sign-ins").status_code == 404
