from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from support.office import Office
from support.web import Browser, text_of

from engine.bpmn.compiled import FieldType
from engine.commands.clients import ClientDraft, ContactDraft, add_client, add_contact
from engine.commands.own_fields import add_own_field
from engine.model.client_merge import ClientMerge
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import OwnFieldDraft

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def pair(office: Office) -> tuple[int, int]:
    """Olena's two, of whom the second has the code: that one is best kept."""
    first = office.do("olena", add_client, ClientDraft(name="ТОВ «Хвиля»", phone="0671234567", segment="B2B"))
    second = office.do("olena", add_client, ClientDraft(name="Хвиля", edrpou="31234567", segment="B2G"))
    return first.id, second.id


def merge_id(office: Office) -> int:
    with office.database.read() as session:
        return session.scalars(select(ClientMerge.id)).one()


def test_doubles_are_listed_compared_merged_and_set_apart_again(
    office: Office, browse: SignIn, pair: tuple[int, int]
) -> None:
    olena, (first, second) = browse("olena"), pair
    listed = olena.get("/clients/doubles")
    assert "ТОВ «Хвиля»" in text_of(listed)
    compared = olena.get(f"/clients/merge?id={first}&id={second}").text
    assert f'name="kept" value="{second}" checked' in compared
    assert f'name="value.phone" value="{first}" checked' in compared
    assert f'name="value.segment" value="{second}" checked' in compared
    chosen = {"kept": str(second), "value.segment": str(first), "command_id": "once"}
    for _ in range(2):  # a double click
        answer = olena.post("/clients/merge", chosen | {"id": [str(first), str(second)]})
        assert (answer.status_code, answer.location) == (303, f"/clients/{second}")
    page = olena.get(f"/clients/{second}")
    assert "B2B" in text_of(page)
    assert f"/clients/merges/{merge_id(office)}/undo" in page.text
    gone = olena.get(f"/clients/{first}")
    assert (gone.status_code, gone.location) == (302, f"/clients/{second}")
    assert browse("danylo").get(f"/clients/{first}").status_code == 404
    answer = olena.post(f"/clients/merges/{merge_id(office)}/undo", {})
    assert (answer.status_code, answer.location) == (303, f"/clients/{first}")
    assert "B2G" in text_of(olena.get(f"/clients/{second}"))


def test_a_client_changed_since_it_was_looked_at_is_not_merged(
    office: Office, browse: SignIn, pair: tuple[int, int]
) -> None:
    answer = browse("olena").post(
        "/clients/merge", {"id": [str(one) for one in pair], "kept": str(pair[0]), f"version.{pair[1]}": "7"}
    )
    assert answer.status_code == 409
    with office.database.read() as session:
        assert session.query(ClientMerge).count() == 0


def test_similar_clients_are_offered_on_the_page_until_told_apart(browse: SignIn, pair: tuple[int, int]) -> None:
    olena, (first, second) = browse("olena"), pair
    assert f"/clients/merge?id={first}&amp;id={second}" in olena.get(f"/clients/{first}").text
    answer = olena.post("/clients/told-apart", {"id": [str(first), str(second)], "from": str(first)})
    assert (answer.status_code, answer.location) == (303, f"/clients/{first}")
    assert "/clients/merge?" not in olena.get(f"/clients/{first}").text
    assert "Хвиля" not in text_of(olena.get("/clients/doubles"))


def test_whoever_adds_a_client_of_a_like_name_is_warned(browse: SignIn, pair: tuple[int, int]) -> None:
    answer = browse("olena").get("/clients/duplicates?name=хвиля+ТзОВ", part=True)
    assert f"/clients/{pair[0]}" in answer.text


@pytest.mark.usefixtures("pair")
def test_a_client_who_does_not_exist_is_not_compared(browse: SignIn) -> None:
    assert browse("olena").get("/clients/merge?id=1&id=999999").status_code == 404


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ("", "щонайменше двох"),
        ("id=1", "щонайменше двох"),
        ("id=x&id=y", "щонайменше двох"),
        ("&".join(f"id={n}" for n in range(1, 13)), "щонайбільше 10"),
    ],
)
def test_too_few_or_too_many_are_told_so_on_the_list(browse: SignIn, ids: str, said: str) -> None:
    olena = browse("olena")
    answer = olena.get(f"/clients/merge?{ids}")
    assert (answer.status_code, answer.location) == (302, "/clients/doubles")
    assert said in text_of(olena.get("/clients/doubles"))


def test_who_edits_no_clients_and_whom_they_are_not_open_to(browse: SignIn, pair: tuple[int, int]) -> None:
    iryna, danylo, both = browse("iryna"), browse("danylo"), {"id": [str(one) for one in pair], "kept": str(pair[0])}
    for address in ("/clients/doubles", f"/clients/merge?id={pair[0]}&id={pair[1]}"):
        assert iryna.get(address).status_code == 403
    assert iryna.post("/clients/merge", both).status_code == 403
    assert iryna.post("/clients/told-apart", both).status_code == 403
    assert danylo.post("/clients/merge", both).status_code == 404
    assert danylo.post("/clients/told-apart", both).status_code == 404
    assert danylo.post("/clients/merges/1/undo", {}).status_code == 404


def test_whoever_comes_too_late_is_led_to_the_client_who_stayed(browse: SignIn, pair: tuple[int, int]) -> None:
    bohdan, (first, second) = browse("bohdan"), pair
    both = {"id": [str(one) for one in pair], "kept": str(second)}
    assert browse("olena").post("/clients/merge", both).status_code == 303
    for answer in (bohdan.post("/clients/merge", both), bohdan.post("/clients/merge", both | {"kept": str(first)})):
        assert (answer.status_code, answer.location) == (303, f"/clients/{second}")
    assert "уже приєднано" in text_of(bohdan.get(f"/clients/{second}"))
    answer = bohdan.get(f"/clients/merge?id={first}&id={second}")
    assert (answer.status_code, answer.location) == (302, f"/clients/{second}")


def test_a_large_group_can_be_told_apart(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    ids = [office.do("olena", add_client, ClientDraft(name=f"Лан {n}", phone="0671234567")).id for n in range(12)]
    assert "Лан 11" in text_of(olena.get("/clients/doubles"))
    assert olena.post("/clients/told-apart", {"id": [str(one) for one in ids]}).status_code == 303
    assert "Лан 11" not in text_of(olena.get("/clients/doubles"))


def test_whoever_had_the_merged_client_open_is_led_on(office: Office, browse: SignIn, pair: tuple[int, int]) -> None:
    olena, (first, second) = browse("olena"), pair
    contact = office.do("olena", add_contact, first, ContactDraft("Ганна"))
    double, twin = (office.do("olena", add_contact, one, ContactDraft("Остап Вишня")) for one in pair)
    olena.post("/clients/merge", {"id": [str(one) for one in pair], "kept": str(second)})
    answer = olena.get(f"/clients/{first}/contacts/{contact.id}")
    assert (answer.status_code, answer.location) == (302, f"/clients/{second}/contacts/{contact.id}")
    answer = olena.get(f"/clients/{first}/contacts/{double.id}")
    assert (answer.status_code, answer.location) == (302, f"/clients/{second}/contacts/{twin.id}")
    assert browse("danylo").get(f"/clients/{first}/contacts/{double.id}").status_code == 404
    answer = olena.post(f"/clients/{first}", {"name": "Інша"})
    assert (answer.status_code, answer.location) == (303, f"/clients/{second}")
    assert "не збережено" in text_of(olena.get(f"/clients/{second}"))
    olena.post(f"/clients/{first}/contacts", {"full_name": "Остап"})
    assert "Остап" in text_of(olena.get(f"/clients/{second}"))
    assert browse("danylo").post(f"/clients/{first}", {"name": "Інша"}).status_code == 404


def test_whoever_undoes_a_merge_of_a_colleagues_client_stays_at_their_own(
    office: Office, browse: SignIn, pair: tuple[int, int]
) -> None:
    first, anothers = pair[0], office.do("taras", add_client, ClientDraft(name="ХВИЛЯ")).id
    browse("bohdan").post("/clients/merge", {"id": [str(first), str(anothers)], "kept": str(first)})
    answer = browse("olena").post(f"/clients/merges/{merge_id(office)}/undo", {})
    assert (answer.status_code, answer.location) == (303, f"/clients/{first}")
    assert browse("taras").get(f"/clients/{anothers}").status_code == 200


def test_the_history_of_a_deal_tells_in_words_what_its_client_is_now(office: Office, browse: SignIn) -> None:
    draft = OwnFieldDraft(name="limit", label="Кредитний ліміт", type=FieldType.NUMBER)
    office.do("owner", add_own_field, FieldSubject.CLIENT, draft)
    client = ClientDraft(name="ТОВ «Хвиля»", fields={"limit": "100000"})
    deal = office.open_deal("olena", client=client)
    other = office.do("olena", add_client, ClientDraft(name="Хвиля", edrpou="31234567", fields={"limit": "5000"})).id
    olena = browse("olena")
    olena.post("/clients/merge", {"id": [str(deal.client_id), str(other)], "kept": str(other)})
    for told in (text_of(olena.get(f"/deals/{deal.id}")), text_of(olena.get(f"/clients/{other}/history", part=True))):
        assert "client." not in told
        assert "31234567" in told or "ЄДРПОУ" not in told
    page = " ".join(text_of(olena.get(f"/deals/{deal.id}")).split())
    for said in ("Назва ТОВ «Хвиля» → Хвиля", "ЄДРПОУ — → 31234567", "Кредитний ліміт 100"):
        assert said in page
