from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from support.approval_maps import DISCOUNT, naming
from support.files import add, pdf
from support.office import Office
from support.sales_map import sales_map
from support.web import Browser, text_of, versions_of
from werkzeug.test import TestResponse

from engine.bpmn.compiled import ApprovalRule, FieldDefinition, FieldType, Reauthentication
from engine.commands.deal_files import Place
from engine.commands.deals import update_deal
from engine.commands.loss_reasons import add_loss_reason
from engine.commands.mail_links import LINKS_LAST, make_link
from engine.commands.people import set_password, set_substitution
from engine.commands.work_items import save_draft
from engine.db.work_session import number
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.letter import Letter, LetterState, MailLink
from engine.model.work_item import WorkItem
from engine.queries.decision_contents import decision_content

SignIn = Callable[[str | None], Browser]

_SHOWN = re.compile(r'name="shown" value="([^"]+)"')


@pytest.fixture
def legal(office: Office) -> int:
    """An approval that the legal department is asked for."""
    office.open_deal("olena")
    office.prepare()
    return office.step("legal").id


def link_for(office: Office, login: str, step: int, **more: Any) -> str:
    """Where the button of a letter about the step leads."""
    with office.database.write() as session:
        person_id = getattr(office.company, login).id
        letter = Letter(
            key=f"{step}{login}", state=LetterState.SENT, person_id=person_id, job_id="", written_at=office.clock.now()
        )
        number(session, [letter])
        session.add(letter)
        content = decision_content(session, session.get_one(WorkItem, step))
        at = office.clock.now()
        token = make_link(session, content, letter_id=letter.id, person_id=person_id, at=at, **more)
    return f"/mail/{token}"


def press(browser: Browser, link: str, outcome: str = "approved", **form: str) -> TestResponse:
    page = browser.get(link)
    found = _SHOWN.search(page.text)
    return browser.post(link, {"outcome": outcome, "shown": found[1] if found else "", "command_id": "once"} | form)


def step_of(office: Office, step: int) -> WorkItem:
    with office.database.read() as session:
        return session.get_one(WorkItem, step)


def test_the_page_shows_what_is_decided_on_and_looking_decides_nothing(
    office: Office, browse: SignIn, legal: int
) -> None:
    link, iryna = link_for(office, "iryna", legal), browse("iryna")
    for _ in range(3):  # scanners of mail follow every link, some of them several times
        page = iryna.get(link)
    text = text_of(page)
    assert page.status_code == 200
    assert "Насоси для водоканалу" in text
    assert "Знижка, % 7,5 %" in text
    assert "125 000,50 ₴" in text.replace("\u00a0", " ")
    assert step_of(office, legal).is_live


def test_the_decision_is_recorded_once_and_the_page_says_so(office: Office, browse: SignIn, legal: int) -> None:
    link, iryna = link_for(office, "iryna", legal), browse("iryna")
    answer = press(iryna, link)
    assert (answer.status_code, answer.location) == (303, link)
    assert "Погоджено" in text_of(iryna.get(link))
    assert step_of(office, legal).completed_by_id == office.company.iryna.id
    again = iryna.post(link, {"outcome": "rejected", "comment": "Ні", "shown": "", "command_id": "other"})
    assert again.status_code == 409
    assert "Ірина Бондар" in text_of(again)
    assert step_of(office, legal).outcome == "approved"


def test_a_double_press_is_answered_as_the_first(office: Office, browse: SignIn, legal: int) -> None:
    link, iryna = link_for(office, "iryna", legal), browse("iryna")
    shown = _SHOWN.search(iryna.get(link).text)
    assert shown is not None
    form = {"outcome": "approved", "shown": shown[1], "command_id": "once"}
    assert [iryna.post(link, form).status_code for _ in range(2)] == [303, 303]


def test_a_visitor_signs_in_first_and_comes_back(office: Office, browse: SignIn, legal: int) -> None:
    link = link_for(office, "iryna", legal)
    answer = browse(None).get(link)
    assert answer.status_code == 302
    assert answer.location == f"/sign-in?next={link}"


@pytest.mark.parametrize("login", ["oksana", "olena", "bohdan", "admin", "danylo"])
def test_the_link_is_nothing_to_anybody_else(office: Office, browse: SignIn, legal: int, login: str) -> None:
    link, other = link_for(office, "iryna", legal), browse(login)
    assert other.get(link).status_code == 404
    assert other.post(link, {"outcome": "approved", "shown": ""}).status_code == 404
    assert step_of(office, legal).is_live


def test_a_link_that_was_guessed_leads_nowhere(office: Office, browse: SignIn, legal: int) -> None:
    link_for(office, "iryna", legal)
    with office.database.read() as session:
        stored = session.scalars(select(MailLink.token_hash)).one()
    for token in ("x", stored, "A" * 43):
        assert browse("iryna").get(f"/mail/{token}").status_code == 404


def test_who_acts_for_the_person_decides_by_the_link_in_their_name(office: Office, browse: SignIn, legal: int) -> None:
    today = office.clock.now().date()
    office.do("iryna", set_substitution, office.company.iryna.id, office.company.admin.id, today, today)
    link, admin = link_for(office, "iryna", legal), browse("admin")
    assert "Ви вирішуєте тут за: Ірина Бондар" in text_of(admin.get(link))
    assert press(admin, link).status_code == 303
    assert step_of(office, legal).on_behalf_of_id == office.company.iryna.id


def test_a_file_is_given_on_the_page_as_in_the_inbox(office: Office, browse: SignIn) -> None:
    process = sales_map()
    paper = FieldDefinition(name="paper", label="Висновок", type=FieldType.FILE, required=True, accept="pdf")
    of_legal = process.steps["legal"].model_copy(update={"fields": (paper,)})
    steps = {**process.steps, "legal": of_legal}
    office.publish(process.model_copy(update={"steps": steps, "content_hash": "d" * 64}))
    office.open_deal("olena")
    office.prepare()
    step, iryna = office.step("legal").id, browse("iryna")
    link = link_for(office, "iryna", step)
    page = iryna.get(link).text
    assert f'data-url="/work-items/{step}/files?field=paper"' in page
    assert 'accept=".pdf"' in page
    shown = _SHOWN.search(page)
    assert shown is not None
    add(office, "olena", Place(work_item_id=step), "Чернетка.pdf", pdf("other"))  # nobody has shown her that
    sent = {"file": (io.BytesIO(pdf("one")), "Висновок.pdf"), "command_id": "one"}
    asked = {"Accept": "application/json"}
    told = iryna.post(f"/work-items/{step}/files?field=paper", sent, headers=asked).get_json()
    assert not shown[1].endswith(told["content"]["before"])
    fresh = _SHOWN.search(iryna.get(link).text)
    assert fresh is not None
    assert fresh[1].endswith(told["content"]["after"])  # what she saw, and what she added herself
    assert "Висновок.pdf" in text_of(iryna.get(link))
    form = {"outcome": "approved", "command_id": "once", "field:paper": str(told["files"][0]["id"])}
    assert iryna.post(link, form | {"shown": shown[1]}).status_code == 409
    assert iryna.post(link, form | {"shown": fresh[1]}).status_code == 303
    assert [one["name"] for one in step_of(office, step).values["paper"]] == ["Висновок.pdf"]


def change_deal(office: Office) -> None:
    """As an administrator repairs it, or a step of another branch fills it in."""
    with office.database.write() as session:
        deal = session.scalars(select(Deal)).one()
        deal.fields = {**deal.fields, "discount": "45"}


def test_what_has_changed_since_the_letter_is_shown_and_said(office: Office, browse: SignIn, legal: int) -> None:
    link, iryna = link_for(office, "iryna", legal), browse("iryna")
    change_deal(office)
    text = text_of(iryna.get(link))
    assert "Відтоді як написано лист, тут дещо змінилося" in text
    assert "Знижка, % 45 %" in text


def test_what_changes_while_somebody_reads_is_not_decided_on_unseen(office: Office, browse: SignIn, legal: int) -> None:
    link, iryna = link_for(office, "iryna", legal), browse("iryna")
    shown = _SHOWN.search(iryna.get(link).text)
    assert shown is not None
    change_deal(office)
    answer = iryna.post(link, {"outcome": "approved", "shown": shown[1], "command_id": "1", "comment": "Гаразд"})
    assert answer.status_code == 409
    assert "Знижка, % 45 %" in text_of(answer)
    assert "Гаразд" in answer.text
    assert step_of(office, legal).is_live
    assert press(iryna, link, comment="Гаразд").status_code == 303


def test_a_reason_is_asked_for_as_in_the_inbox(office: Office, browse: SignIn, legal: int) -> None:
    link, iryna = link_for(office, "iryna", legal), browse("iryna")
    answer = press(iryna, link, "returned")
    assert answer.status_code == 422
    assert "наступна людина має знати, що змінити" in text_of(answer)
    assert press(iryna, link, "returned", comment="Зменшіть знижку").status_code == 303


def test_who_comes_by_a_letter_when_others_decided_reads_who_did_and_how(office: Office, browse: SignIn) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.legal.id))
    office.publish(naming({"legal": DISCOUNT}, {"legal": ApprovalRule(mode="all")}))
    office.open_deal("olena")
    office.prepare()
    parts = {one.assignee_id: one.id for one in office.open_steps() if one.element_id == "legal"}
    link = link_for(office, "danylo", parts[office.company.danylo.id])
    office.complete("iryna", "legal", "rejected", comment="Ні", work_item_id=parts[office.company.iryna.id])
    page = text_of(browse("danylo").get(link))
    assert "Погодження ухвалено без вас: Відхилено · Ірина Бондар" in page
    assert "Цей крок більше не потрібен" not in page


def test_four_eyes_hold_by_mail_too(office: Office, browse: SignIn) -> None:
    office.publish(sales_map(four_eyes=True))
    today = office.clock.now().date()
    office.do("iryna", set_substitution, office.company.iryna.id, office.company.olena.id, today, today)
    office.open_deal("olena")
    office.prepare()
    legal = office.step("legal").id
    link, olena = link_for(office, "iryna", legal), browse("olena")
    assert 'name="outcome"' not in olena.get(link).text
    with office.database.read() as session:
        shown = decision_content(session, session.get_one(WorkItem, legal)).fingerprint
    assert olena.post(link, {"outcome": "approved", "shown": shown}).status_code == 403
    assert step_of(office, legal).is_live


def test_an_old_link_decides_nothing(office: Office, browse: SignIn, legal: int) -> None:
    link, iryna = link_for(office, "iryna", legal), browse("iryna")
    office.clock.advance(LINKS_LAST + timedelta(seconds=1))
    page = browse("iryna").get(link)
    assert 'name="outcome"' not in page.text
    assert "застаріло" in text_of(page)
    with office.database.read() as session:
        shown = decision_content(session, session.get_one(WorkItem, legal)).fingerprint
    assert iryna.post(link, {"outcome": "approved", "shown": shown}).status_code in {303, 422}
    assert step_of(office, legal).is_live


def test_what_a_reply_proposed_is_filled_in_and_still_has_to_be_confirmed(
    office: Office, browse: SignIn, legal: int
) -> None:
    link = link_for(office, "iryna", legal, outcome="returned", comment="Зменшіть знижку")
    page = browse("iryna").get(link)
    assert "Ви відповіли листом: Повернуто на доопрацювання" in text_of(page)
    assert "Зменшіть знижку</textarea>" in page.text
    assert step_of(office, legal).is_live


def test_who_decides_proves_who_they_are_where_the_map_asks_for_it(office: Office, browse: SignIn) -> None:
    asking = sales_map()
    legal_step = asking.steps["legal"].model_copy(update={"reauthenticate": Reauthentication.PASSWORD})
    changed = {"steps": {**asking.steps, "legal": legal_step}, "content_hash": asking.content_hash[::-1]}
    office.publish(asking.model_copy(update=changed))
    office.open_deal("olena")
    office.prepare()
    legal = office.step("legal").id
    office.do("admin", set_password, office.company.iryna.id, "довгий пароль")
    link, iryna = link_for(office, "iryna", legal), browse("iryna")
    answer = press(iryna, link)
    assert (answer.status_code, step_of(office, legal).is_live) == (403, True)
    assert 'name="proof_password"' in answer.text
    assert press(iryna, link, proof_password="довгий пароль").status_code == 303


def test_who_loses_their_deal_by_mail_chooses_why(office: Office, browse: SignIn) -> None:
    reason = office.do("owner", add_loss_reason, "Ціна")
    deal = office.open_deal("bohdan")
    office.complete("bohdan", "prepare", values={"discount": "5"})
    for login, element in (("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    step = office.step("legal", deal)
    with office.database.write() as session:  # the head of the department is the deal's owner, too
        session.merge(step).assignee_id = office.company.bohdan.id
    bohdan, link = browse("bohdan"), link_for(office, "bohdan", step.id)
    refused = press(bohdan, link, "rejected", comment="Задорого", command_id="first")
    assert refused.status_code == 422
    assert 'name="loss_reason_id"' in refused.text
    assert step_of(office, step.id).completed_at is None
    chosen = press(bohdan, link, "rejected", comment="Задорого", loss_reason_id=str(reason.id))
    assert chosen.status_code == 303
    assert office.deal(deal).loss_reason == "Ціна: Задорого"


def test_what_another_changed_before_the_button_of_a_letter_is_pressed_is_not_overwritten_unseen(
    office: Office, browse: SignIn
) -> None:
    deal = office.open_deal("olena")
    step = office.step("prepare").id
    link, olena = link_for(office, "olena", step), browse("olena")

    def send(page: Any) -> Any:
        shown = _SHOWN.search(page.text)
        assert shown is not None
        typed = {"outcome": "completed", "field:discount": "5", "shown": shown[1], "command_id": "once"}
        return olena.post(link, typed | versions_of(page))

    opened = olena.get(link)
    office.do("bohdan", update_deal, deal.id, {"fields": {"discount": "9"}})
    changed = send(opened)
    assert changed.status_code == 409
    told = send(changed)
    assert told.status_code == 409
    assert "Тепер тут: 9 % (Богдан Шевченко" in text_of(told)
    assert office.deal(deal).fields["discount"] == "9"
    assert send(told).status_code == 303
    assert office.deal(deal).fields["discount"] == "5"


def test_a_draft_that_others_have_overtaken_is_told_where_the_button_of_a_letter_leads(
    office: Office, browse: SignIn
) -> None:
    deal = office.open_deal("olena")
    step = office.step("prepare").id
    office.do("olena", save_draft, step, {"discount": "5"})
    office.do("bohdan", update_deal, deal.id, {"fields": {"discount": "9"}})
    link, olena = link_for(office, "olena", step), browse("olena")
    opened = olena.get(link)
    assert opened.status_code == 200
    assert "Тепер тут: 9 % (Богдан Шевченко" in text_of(opened)
    assert versions_of(opened).keys() >= {"read_version", "told_version"}
    office.clock.advance(LINKS_LAST)
    assert "alert-danger" not in olena.get(link).text
