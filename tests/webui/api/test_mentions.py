"""Comments that name somebody, over the API: listed for them, and taken note of, one by one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, problem, read
from support.office import Office

from engine.commands.people import update_person
from engine.model.deal import Deal
from engine.queries import attention

ApiOf = Callable[[str | None], ApiClient]


def named(office: Office, api: ApiOf) -> Deal:
    """A deal in which two comments name Taras."""
    deal = office.open_deal("olena")
    for text in ("@taras, глянь", "@taras, ще раз"):
        read(api("olena").upload(f"/deals/{deal.id}/comments", fields={"text": text}), 201)
    return deal


def test_of_many_comments_each_is_taken_note_of(office: Office, api: ApiOf, monkeypatch: pytest.MonkeyPatch) -> None:
    named(office, api)
    taras = api("taras")
    latest, earlier = (one["id"] for one in read(taras.get("/mentions"))["items"])
    monkeypatch.setattr(attention, "_MOST_SHOWN", 1)  # as with more of them than are listed
    for one in (latest, earlier):
        told = read(taras.post(f"/mentions/{one}/read", {}, key=f"read {one}"))
        assert (told["id"], bool(told["read_at"])) == (one, True)
        assert read(taras.post(f"/mentions/{one}/read", {}, key=f"read {one}")) == told


def test_a_comment_in_a_deal_that_is_seen_no_more_does_not_exist(office: Office, api: ApiOf) -> None:
    named(office, api)
    taras = api("taras")
    latest, earlier = (one["id"] for one in read(taras.get("/mentions"))["items"])
    read(taras.post(f"/mentions/{latest}/read", {}, key="once"))
    elsewhere = {"department_ids": [office.company.marketing.id]}
    office.do("admin", update_person, office.company.taras.id, elsewhere)
    assert read(taras.get("/mentions"))["items"] == []
    problem(taras.post(f"/mentions/{earlier}/read", {}), 404, "not_found")
    problem(taras.post(f"/mentions/{latest}/read", {}, key="once"), 404, "not_found")
