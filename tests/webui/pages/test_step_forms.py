"""The form of a step on its page: tables, what depends on what is typed, drafts, faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.files import add, pdf
from support.office import Office
from support.sales_map import losing_map
from support.specification import specification_map
from support.web import Browser, text_of, versions_of

from engine.bpmn.compiled import FieldChoice, FieldDefinition, FieldType
from engine.commands.deal_files import Place
from engine.commands.deals import update_deal
from engine.commands.work_items import delegate_work_item, save_draft
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.queries.deal_files import reference

SignIn = Callable[[str | None], Browser]
LINES = {
    "line:goods:0:item": "Насос",
    "line:goods:0:quantity": "2",
    "line:goods:0:price": "1 250,50",
    "line:goods:0:discount": "10",
    "line:goods:4:item": "Труба",
    "line:goods:4:quantity": "12,5",
    "line:goods:4:price": "99,99",
}


@pytest.fixture
def step(office: Office) -> int:
    office.publish(specification_map())
    office.open_deal("olena")
    return office.step("prepare").id


def fields_kept(office: Office) -> dict[str, Any]:
    with office.database.read() as session:
        return dict(session.get_one(Deal, office.step("legal").deal_id).fields)


def test_the_server_says_what_applies_and_what_is_calculated(browse: SignIn, step: int) -> None:
    olena = browse("olena")
    told = olena.post(f"/work-items/{step}/form", LINES, part=True).get_json()
    assert told["hidden"] == ["address"]
    assert told["calculated"]["deal.amount"].replace("\xa0", " ") == "3 500,78 ₴"
    assert told["tables"]["goods"]["lines"] == [{"sum": "2\xa0250,90"}, {"sum": "1\xa0249,88"}]
    assert told["tables"]["goods"]["totals"][-1] == "3\xa0500,78"
    assert (
        olena.post(f"/work-items/{step}/form", {**LINES, "field:install": "yes"}, part=True).get_json()["hidden"] == []
    )


def test_only_who_sees_the_step_may_ask_and_only_by_posting(browse: SignIn, step: int) -> None:
    assert browse("danylo").post(f"/work-items/{step}/form", LINES, part=True).status_code == 404
    assert browse("olena").get(f"/work-items/{step}/form").status_code == 405


def test_a_draft_keeps_lines_choices_and_what_is_hidden(browse: SignIn, step: int) -> None:
    typed = {**LINES, "line:goods:4:price": "дор", "field:address": "Київ", "field:papers": "act"}
    kept = browse("olena").post(f"/work-items/{step}/draft", typed, part=True)
    assert (kept.status_code, kept.headers["Draft-Saved"]) == (204, "2026-03-02T08:00:00+00:00")
    page = browse("olena").get(f"/work-items/{step}", part=True).text
    assert 'name="line:goods:1:price" ' in page.replace("  ", " ")
    assert 'value="дор"' in page
    assert 'value="Київ"' in page
    assert 'data-draft-saved="2026-03-02T08:00:00+00:00"' in page


def test_faults_lead_from_the_summary_to_their_cells(browse: SignIn, step: int) -> None:
    typed = {**LINES, "outcome": "completed", "line:goods:4:price": "дор", "field:install": "yes"}
    answer = browse("olena").post(f"/work-items/{step}/complete", typed, part=True)
    assert answer.status_code == 422
    assert "Товари, 2: Ціна" in text_of(answer)
    assert "«дор» не вдалося прочитати" in text_of(answer)
    for place in ('href="#step-field-0-1-2"', 'id="step-field-0-1-2"', 'href="#step-field-3"', 'value="дор"'):
        assert place in answer.text


def test_lines_stand_in_the_history_and_before_the_approver(office: Office, browse: SignIn, step: int) -> None:
    browse("olena").post(f"/work-items/{step}/complete", {**LINES, "outcome": "completed"}, part=True)
    pane = text_of(browse("iryna").get(f"/work-items/{office.step('legal').id}", part=True)).replace("\xa0", " ")
    assert "Насос 2 1 250,50 ₴ 10 % 2 250,90 ₴" in pane
    deal = text_of(browse("olena").get(f"/deals/{office.step('legal').deal_id}")).replace("\xa0", " ")
    assert "Насос, 2, 1 250,50, 10 %, 2 250,90; Труба, 12,5, 99,99, 1 249,88 · Сума: 3 500,78" in deal


def test_a_field_that_applies_no_more_gives_up_what_the_deal_had(office: Office, browse: SignIn, step: int) -> None:
    typed = {**LINES, "outcome": "completed", "field:install": "yes", "field:address": "Київ"}
    browse("olena").post(f"/work-items/{step}/complete", typed, part=True)
    assert fields_kept(office)["address"] == "Київ"
    office.complete("iryna", "legal", "returned", comment="Ще раз")
    for login, element in (("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    again = {**LINES, "outcome": "completed", "field:install": "", "field:address": "Київ"}
    browse("olena").post(f"/work-items/{office.step('prepare').id}/complete", again, part=True)
    assert fields_kept(office)["address"] is None


def test_completing_together_asks_only_for_what_applies(browse: SignIn, step: int) -> None:
    olena = browse("olena")
    told = text_of(olena.post("/inbox/together/complete", {"step": [str(step)]}, part=True))
    assert "Товари" in told
    assert "Адреса монтажу" not in told
    olena.post(f"/work-items/{step}/draft", LINES, part=True)
    told = text_of(olena.post("/inbox/together/complete", {"step": [str(step)]}, part=True))
    assert "Товари" not in told


def test_a_form_tells_what_another_changed_and_what_was_left_alone_is_theirs(office: Office, browse: SignIn) -> None:
    deal = office.open_deal("olena")
    step_id, olena = office.step("prepare").id, browse("olena")
    read = versions_of(olena.get(f"/work-items/{step_id}", part=True))
    office.do("bohdan", update_deal, deal.id, {"fields": {"discount": "9"}})
    sent = {"field:discount": "5", "outcome": "completed"}
    told = olena.post(f"/work-items/{step_id}/complete", sent | read, part=True)
    assert told.status_code == 409
    assert "Тепер тут: 9 % (Богдан Шевченко" in text_of(told)
    assert 'value="5"' in told.text
    again = olena.post(f"/work-items/{step_id}/look", sent | versions_of(told), part=True)
    assert versions_of(again) == versions_of(told)
    assert olena.post(f"/work-items/{step_id}/complete", sent | versions_of(again), part=True).status_code == 200
    assert office.deal(deal).fields["discount"] == "5"


def test_a_draft_that_others_have_overtaken_is_told_of_and_sent_knowingly(office: Office, browse: SignIn) -> None:
    deal = office.open_deal("olena")
    step_id, olena = office.step("prepare").id, browse("olena")
    read = versions_of(olena.get(f"/work-items/{step_id}", part=True))
    typed = {"field:discount": "5"}
    olena.post(f"/work-items/{step_id}/draft", typed | read, part=True)
    assert "Тепер тут" not in text_of(olena.get(f"/work-items/{step_id}", part=True))
    office.do("bohdan", update_deal, deal.id, {"fields": {"discount": "9"}})
    olena.post(f"/work-items/{step_id}/draft", typed | read, part=True)
    opened = olena.get(f"/work-items/{step_id}", part=True)
    assert "Тепер тут: 9 % (Богдан Шевченко" in text_of(opened)
    assert opened.status_code == 200
    assert 'value="5"' in opened.text
    assert versions_of(opened).keys() == {
        "read_version",
        "read_client_version",
        "told_version",
        "told_client_version",
    }
    together = text_of(olena.post("/inbox/together/complete", {"step": [str(step_id)]}, part=True))
    assert "Богдан Шевченко" in together
    assert office.step("prepare").is_live
    olena.post(f"/work-items/{step_id}/draft", typed | versions_of(opened), part=True)
    assert "Тепер тут" not in text_of(olena.get(f"/work-items/{step_id}", part=True))
    sent = typed | {"outcome": "completed"}
    assert olena.post(f"/work-items/{step_id}/complete", sent | versions_of(opened), part=True).status_code == 200
    assert office.deal(deal).fields["discount"] == "5"


def test_a_draft_of_a_step_that_is_somebody_elses_now_tells_no_conflict(office: Office, browse: SignIn) -> None:
    deal = office.open_deal("olena")
    step_id, olena = office.step("prepare").id, browse("olena")
    read = versions_of(olena.get(f"/work-items/{step_id}", part=True))
    olena.post(f"/work-items/{step_id}/draft", {"field:discount": "5"} | read, part=True)
    office.do("bohdan", update_deal, deal.id, {"fields": {"discount": "9"}})
    assert "alert-danger" in olena.get(f"/work-items/{step_id}", part=True).text
    office.do("bohdan", delegate_work_item, step_id, office.company.taras.id)
    handed_on = olena.get(f"/work-items/{step_id}", part=True)
    assert handed_on.status_code == 200
    assert "alert-danger" not in handed_on.text


def test_steps_done_together_do_not_overwrite_what_one_of_them_gave_their_client(
    office: Office, browse: SignIn
) -> None:
    segment = FieldDefinition(name="client.segment", label="Сегмент", type=FieldType.TEXT)
    office.publish(losing_map(segment).model_copy(update={"results": {"lost": "won"}}))
    first = office.open_deal("olena")
    second = office.open_deal("olena", client=None, client_id=first.client_id)
    steps = [office.step("ask", one).id for one in (first, second)]
    olena = browse("olena")
    olena.post(f"/work-items/{steps[0]}/draft", {"field:client.segment": "B2G"}, part=True)
    olena.post("/inbox/together/complete", {"step": [str(one) for one in steps]}, part=True)
    assert not office.open_steps()
    with office.database.read() as session:
        assert session.get_one(Client, first.client_id).segment == "B2G"


def test_files_that_another_gave_a_field_are_no_conflict_with_those_in_a_draft(office: Office, browse: SignIn) -> None:
    office.publish(losing_map(FieldDefinition(name="paper", label="Папери", type=FieldType.FILE, several=True)))
    deal = office.open_deal("olena")
    step_id = office.step("ask").id
    mine, theirs = (add(office, one, Place(deal_id=deal.id), f"{one}.pdf", pdf(one)) for one in ("olena", "bohdan"))
    with office.database.read() as session:
        given = reference(session.get_one(DealFile, theirs))
    office.do("olena", save_draft, step_id, {"paper": [str(mine)]})
    office.do("bohdan", update_deal, deal.id, {"fields": {"paper": [given]}})
    opened = browse("olena").get(f"/work-items/{step_id}", part=True)
    assert "olena.pdf" in opened.text
    assert "alert-danger" not in opened.text


def test_what_another_has_put_into_a_field_is_told_as_the_field_shows_it(office: Office, browse: SignIn) -> None:
    choices = (FieldChoice(value="call", label="Дзвінок"), FieldChoice(value="fair", label="Виставка"))
    fields = [
        FieldDefinition(name="lead", label="Звідки лід", type=FieldType.CHOICE, choices=choices),
        FieldDefinition(name="visit", label="Візит", type=FieldType.DATE),
        FieldDefinition(name="whose", label="Хто їде", type=FieldType.PERSON),
    ]
    office.publish(losing_map(*fields))
    deal = office.open_deal("olena")
    step_id, olena = office.step("ask").id, browse("olena")
    read = versions_of(olena.get(f"/work-items/{step_id}", part=True))
    theirs = {"lead": "fair", "visit": "2026-03-16", "whose": office.company.taras.id}
    office.do("bohdan", update_deal, deal.id, {"fields": theirs})
    mine = {"field:lead": "call", "field:visit": "17.03.2026", "field:whose": str(office.company.olena.id)}
    told = olena.post(f"/work-items/{step_id}/complete", mine | read | {"outcome": "completed"}, part=True)
    assert told.status_code == 409
    for shown in ("Виставка", "16 бер.", "Тарас Мельник"):
        assert f"Тепер тут: {shown}" in text_of(told)
