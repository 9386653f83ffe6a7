"""The process owner keeps the list of reasons; whoever ends a deal without a sale chooses from it."""

from __future__ import annotations

import re
from collections.abc import Callable

from support.office import Office
from support.sales_map import losing_map
from support.web import Browser, text_of

from engine.commands.cancellations import cancel_deal
from engine.model.deal import DealResult
from engine.model.loss_reason import LossReason

SignIn = Callable[[str | None], Browser]

PAGE = "/settings/loss-reasons"


def the_usual(office: Office, browse: SignIn) -> dict[str, int]:
    """The ids of the usual reasons, added by one press."""
    owner = browse("owner")
    assert "Додати звичні" in text_of(owner.get(PAGE))
    assert owner.post(f"{PAGE}/usual").status_code == 303
    with office.database.read() as session:
        return {one.name: one.id for one in session.query(LossReason)}


def test_the_owner_keeps_the_list_and_others_have_no_such_page(office: Office, browse: SignIn) -> None:
    ids, owner = the_usual(office, browse), browse("owner")
    assert owner.post(PAGE, {"name": "Сезон"}).status_code == 303
    assert owner.post(f"{PAGE}/{ids['Ціна']}", {"name": "Ціна чи знижка"}).status_code == 303
    assert owner.post(f"{PAGE}/{ids['Немає бюджету']}/archive").status_code == 303
    page = owner.get(PAGE)
    for said in ("Сезон", "Ціна чи знижка"):
        assert f'value="{said}"' in page.text
    assert "Немає бюджету" in page.text.split("plain-list")[1]
    refused = owner.post(f"{PAGE}/{ids['Ціна']}", {"name": "сезон"})
    assert (refused.status_code, "уже є у списку" in text_of(refused)) == (422, True)
    for address in (PAGE, f"{PAGE}/usual"):
        assert browse("olena").post(address, {"name": "Своя"}).status_code == 404
    assert browse("olena").get(PAGE).status_code == 404


def test_whoever_cancels_has_to_choose_and_the_funnel_leads_to_the_deals_of_a_reason(
    office: Office, browse: SignIn
) -> None:
    price, deal = the_usual(office, browse)["Ціна"], office.open_deal()
    olena = browse("olena")
    refused = olena.post(f"/deals/{deal.id}/cancel", {"action": "cancel", "reason": "Дорого"})
    assert (refused.status_code, "виберіть чому" in text_of(refused)) == (422, True)
    assert 'value="Дорого"' in refused.text
    chosen = {"action": "cancel", "reason": "Дорого", "reason_id": str(price)}
    assert olena.post(f"/deals/{deal.id}/cancel", chosen).status_code == 303
    assert "Ціна: Дорого" in text_of(olena.get(f"/deals/{deal.id}"))
    bohdan = browse("bohdan")
    funnel = bohdan.get("/reports/funnel")
    (address,) = re.findall(r'href="(/deals\?[^"]*reason=\d+[^"]*)"', funnel.text)
    listed = text_of(bohdan.get(address.replace("&amp;", "&")))
    assert deal.title in listed
    assert "Причина: Ціна" in listed
    exported = bohdan.get(address.replace("&amp;", "&").replace("/deals?", "/deals/export.csv?")).text
    assert exported.splitlines()[1].endswith(";Ціна: Дорого;Ціна")
    assert bohdan.get("/reports/reasons.csv").text.splitlines()[1:] == ["Ціна;так;0;1"]
    assert bohdan.get("/reports/reasons.xlsx").status_code == 200
    assert olena.get("/reports/reasons.csv").status_code == 404


def test_a_deal_that_ended_before_there_was_a_list_keeps_its_words_and_gets_its_reason(
    office: Office, browse: SignIn
) -> None:
    deal = office.open_deal()
    office.do("olena", cancel_deal, deal.id, "Дорого")
    price, olena = the_usual(office, browse)["Ціна"], browse("olena")
    page = olena.get(f"/deals/{deal.id}")
    assert "Дорого" in page.text.split('id="loss-reason"')[1].split("</section>")[0]
    assert "reason=none" not in browse("bohdan").get("/reports/funnel").text  # it was cancelled and not lost
    assert olena.post(f"/deals/{deal.id}/loss-reason", {"loss_reason_id": ""}).status_code == 422
    form = {"loss_reason_id": str(price), "loss_comment": "Дорого"}
    assert browse("danylo").post(f"/deals/{deal.id}/loss-reason", form).status_code == 404
    assert olena.post(f"/deals/{deal.id}/loss-reason", form).status_code == 303
    page = olena.get(f"/deals/{deal.id}")
    assert 'id="loss-reason"' not in page.text
    assert "Ціна: Дорого" in text_of(page)


def test_a_step_that_loses_the_deal_asks_for_the_reason_and_keeps_what_was_typed(
    office: Office, browse: SignIn
) -> None:
    price, deal = the_usual(office, browse)["Ціна"], office.open_deal("bohdan")
    office.complete("bohdan", "prepare", values={"discount": "5"})
    for login, step in (("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, step, "approved")
    work_item = office.step("legal", deal)
    with office.database.write() as session:  # the head of the department is the deal's owner, too
        session.merge(work_item).assignee_id = office.company.bohdan.id
    bohdan, said = browse("bohdan"), {"outcome": "rejected", "comment": "Задорого для них", "content_hash": ""}
    address = f"/work-items/{work_item.id}"
    (said["content_hash"],) = re.findall(r'name="content_hash" value="(\w+)"', bohdan.get(address).text)
    refused = bohdan.post(f"{address}/complete", said)
    assert refused.status_code == 422
    assert 'name="loss_reason_id"' in refused.text
    assert "Задорого для них" in refused.text
    assert office.deal(deal).result is DealResult.OPEN
    chosen = said | {"loss_reason_id": str(price)}
    refused = bohdan.post(f"{address}/complete", chosen | {"comment": ""})  # another fault forgets no choice
    assert f'<option value="{price}" selected>' in refused.text
    assert bohdan.post(f"{address}/complete", chosen).status_code == 303
    found = office.deal(deal)
    assert (found.result, found.loss_reason) == (DealResult.LOST, "Ціна: Задорого для них")


def test_several_steps_done_together_lose_no_deal_without_a_reason(office: Office, browse: SignIn) -> None:
    """It was lost unasked, and the deal's page asked afterwards, if anybody looked."""
    the_usual(office, browse)
    office.publish(losing_map())
    deal = office.open_deal()
    step = office.step("ask", deal)
    answer = browse("olena").post("/inbox/together/complete", {"step": [str(step.id)]}, part=True)
    assert "відкрийте його й виберіть, чому" in text_of(answer)
    assert office.deal(deal).result is DealResult.OPEN
