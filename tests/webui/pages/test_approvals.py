"""What an approver sees and proves: what changed since, what others remarked, who decided without them, and by what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select
from support.approval_maps import DISCOUNT, SUM, naming
from support.office import Office
from support.parallel_returns import FINANCE, LEGAL, parallel_returns
from support.versions import edited
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.bpmn.compiled import ApprovalRule, ContentRule, FieldDefinition, FieldType, Reauthentication
from engine.commands.clients import update_client
from engine.commands.people import set_password, set_substitution
from engine.commands.work_items import claim_work_item, delegate_work_item
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.history_event import HistoryEvent
from engine.policy.one_time_codes import code_of, counter_at

SignIn = Callable[[str | None], Browser]

PASSWORD = "correct horse"  # of a test
_HIDDEN = re.compile(r'name="(content_hash|seen_content|command_id)" value="([^"]*)"')


def decide(browser: Browser, step: int, outcome: str = "approved", **form: str) -> TestResponse:
    """Open the step, and press a button of it."""
    shown = browser.get(f"/work-items/{step}", part=True).text
    return send(browser, step, shown, outcome, **form)


def send(browser: Browser, step: int, shown: str, outcome: str = "approved", **form: str) -> TestResponse:
    hidden = {name: value.replace("&#34;", '"') for name, value in _HIDDEN.findall(shown)}
    return browser.post(f"/work-items/{step}/complete", hidden | {"outcome": outcome} | form, part=True)


def test_a_change_between_looking_and_deciding_is_shown_and_asked_about(office: Office, browse: SignIn) -> None:
    office.publish(naming({"legal": DISCOUNT}))
    deal = office.open_deal()
    office.prepare()
    legal, iryna = office.step("legal").id, browse("iryna")
    shown = iryna.get(f"/work-items/{legal}", part=True).text
    with office.database.write() as session:
        session.get_one(Deal, deal.id).fields = {"discount": "12.5"}
    answer = send(iryna, legal, shown, comment="Годиться")
    assert answer.status_code == 409
    assert "Знижка, % 7,5 % 12,5 %" in text_of(answer)
    assert ">Годиться</textarea>" in answer.text
    assert office.step("legal").is_live
    assert send(iryna, legal, answer.text).status_code == 200


def test_a_post_that_no_page_of_ours_made_names_what_was_read_as_well(office: Office, browse: SignIn) -> None:
    office.publish(naming({"legal": SUM}, content_seen=True))
    office.open_deal()
    office.prepare()
    iryna, legal = browse("iryna"), office.step("legal").id
    assert iryna.post(f"/work-items/{legal}/complete", {"outcome": "approved"}, part=True).status_code == 422
    assert office.step("legal").is_live
    assert decide(iryna, legal).status_code == 200


def test_the_next_round_shows_what_changed_and_later_steps_the_remarks(office: Office, browse: SignIn) -> None:
    office.publish(naming({"legal": DISCOUNT, "finance": DISCOUNT, "logistics": SUM}))
    office.open_deal()
    office.prepare()
    iryna, oksana, olena = browse("iryna"), browse("oksana"), browse("olena")
    assert decide(iryna, office.step("legal").id, "returned", comment="Знижка замала").status_code == 200
    finance = office.step("finance").id
    assert decide(oksana, finance, "approved_with_remarks").status_code == 422
    done = decide(oksana, finance, "approved_with_remarks", comment="Лише з передплатою")
    assert "Погоджено із зауваженнями" in text_of(done)
    office.complete("petro", "logistics", "approved")
    rework = text_of(olena.get(f"/work-items/{office.step('prepare').id}"))
    assert "Погоджено із зауваженнями Погодити: Фінансовий відділ Лише з передплатою" in rework
    assert "Повернуто на доопрацювання Погодити: Юридичний відділ Знижка замала" in rework
    office.prepare(discount="9")
    again = text_of(oksana.get(f"/work-items/{office.step('finance').id}"))
    assert "Знижка, % 7,5 % 9 %" in again
    history = text_of(olena.get(f"/deals/{office.step('finance').deal_id}"))
    assert "«Погодити: Логістика» чинне" in history


def test_who_comes_late_reads_who_decided_what_and_keeps_what_was_typed(office: Office, browse: SignIn) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.legal.id))
    office.publish(naming({"legal": DISCOUNT}, {"legal": ApprovalRule(mode="all")}))
    office.open_deal()
    office.prepare()
    parts = {one.assignee_id: one.id for one in office.open_steps() if one.element_id == "legal"}
    late, danylo = parts[office.company.danylo.id], browse("danylo")
    shown = danylo.get(f"/work-items/{late}", part=True).text
    assert decide(browse("iryna"), parts[office.company.iryna.id], "rejected", comment="Ні").status_code == 200
    answer = send(danylo, late, shown, comment="Мені подобається")
    assert answer.status_code == 409
    assert "Погодження ухвалено без вас: Відхилено · Ірина Бондар" in text_of(answer)
    assert ">Мені подобається</textarea>" in answer.text


def test_who_asked_takes_the_request_back(office: Office, browse: SignIn) -> None:
    office.publish(naming({"legal": DISCOUNT}))
    office.open_deal()
    office.prepare()
    legal, olena, iryna = office.step("legal").id, browse("olena"), browse("iryna")
    assert f'action="/work-items/{legal}/recall"' in olena.get(f"/work-items/{legal}", part=True).text
    assert "/recall" not in iryna.get(f"/work-items/{legal}", part=True).text
    assert iryna.post(f"/work-items/{legal}/recall", {"recall_reason": "Ні"}, part=True).status_code == 403
    assert olena.post(f"/work-items/{legal}/recall", {"recall_reason": ""}, part=True).status_code == 422
    led = olena.post(f"/work-items/{legal}/recall", {"recall_reason": "Не та сума"}, part=True)
    prepare = office.step("prepare")
    assert prepare.assignee_id == office.company.olena.id
    assert f'action="/work-items/{prepare.id}/complete"' in led.text, "they go on with the step that waits now"
    assert led.headers["HX-Push-Url"] == f"/work-items/{prepare.id}"


def test_who_has_a_colleague_s_request_taken_back_stays_where_they_are(office: Office, browse: SignIn) -> None:
    office.publish(naming({"legal": DISCOUNT}))
    office.open_deal()
    office.do("olena", delegate_work_item, office.step("prepare").id, office.company.taras.id)
    office.prepare("taras")
    legal = office.step("legal").id
    stays = browse("olena").post(f"/work-items/{legal}/recall", {"recall_reason": "Не та сума"}, part=True)
    assert "Запит відкликано" in text_of(stays)
    assert "HX-Push-Url" not in stays.headers


def hash_in(shown: str) -> str:
    return str(dict(_HIDDEN.findall(shown))["content_hash"])


def news_of(shown: str) -> str:
    """The address at which an open pane asks what is new."""
    asked = re.search(r'hx-get="(/work-items/\d+/news[^"]*)"', shown)
    assert asked is not None
    return unescape(asked[1])


def test_an_open_step_tells_what_became_of_it_and_keeps_what_is_typed(office: Office, browse: SignIn) -> None:
    office.publish(naming({"legal": DISCOUNT}))
    office.open_deal()
    office.prepare()
    legal, olena, iryna = office.step("legal").id, browse("olena"), browse("iryna")
    shown = iryna.get(f"/work-items/{legal}", part=True).text
    assert iryna.get(news_of(shown), part=True).status_code == 204
    assert iryna.post(f"/work-items/{legal}/comment", {"text": "Дивлюся"}, part=True).status_code == 200
    assert iryna.get(news_of(shown), part=True).status_code == 204, "what one wrote oneself is no news"
    assert olena.post(f"/work-items/{legal}/comment", {"text": "Клієнт чекає"}, part=True).status_code == 200
    told = iryna.get(news_of(shown), part=True)
    assert "Новий коментар: Олена Коваль Клієнт чекає" in text_of(told)
    assert 'id="step-outcomes"' not in told.text, "the step is still to be done"
    assert olena.post(f"/work-items/{legal}/recall", {"recall_reason": "Не та сума"}, part=True).status_code == 200
    told = iryna.get(news_of(shown), part=True)
    assert "Запит відкликано. Олена Коваль" in text_of(told)
    assert "Не та сума" in text_of(told)
    assert '<div class="outcomes" id="step-outcomes" hx-swap-oob="true"></div>' in told.text
    looked = iryna.post(f"/work-items/{legal}/look", {"comment": "У пункті 4 немає строку"}, part=True)
    assert "Що ви встигли ввести У пункті 4 немає строку" in text_of(looked)
    assert browse("danylo").get(news_of(shown), part=True).status_code == 404


def test_a_step_done_elsewhere_is_told_in_the_pane_that_stands_open(office: Office, browse: SignIn) -> None:
    office.publish(naming({"legal": DISCOUNT}))
    office.open_deal()
    office.prepare()
    legal, iryna = office.step("legal").id, browse("iryna")
    shown = iryna.get(f"/work-items/{legal}", part=True).text
    office.complete("iryna", "legal", "approved", comment="Строк узгоджено")
    told = iryna.get(news_of(shown), part=True)
    assert told.status_code == 200
    assert "Ірина Бондар" in text_of(told)
    assert "Строк узгоджено" in text_of(told)
    assert '<div class="outcomes" id="step-outcomes" hx-swap-oob="true"></div>' in told.text


def test_a_comment_is_told_above_an_open_step_as_it_is_below(office: Office, browse: SignIn) -> None:
    office.publish(naming({"legal": DISCOUNT}))
    office.open_deal()
    office.prepare()
    legal, olena, iryna = office.step("legal").id, browse("olena"), browse("iryna")
    shown = iryna.get(f"/work-items/{legal}", part=True).text
    said = {"text": "@iryna, гляньте <script>alert(1)</script>"}
    assert olena.post(f"/work-items/{legal}/comment", said, part=True).status_code == 200
    told = iryna.get(news_of(shown), part=True).text
    assert "@Ірина Бондар, гляньте &lt;script&gt;alert(1)&lt;/script&gt;" in told
    assert "<script" not in told


def test_an_open_approval_tells_that_its_content_changed_and_shows_what(office: Office, browse: SignIn) -> None:
    office.publish(naming({"legal": DISCOUNT}))
    office.open_deal()
    office.prepare()
    step = office.step("legal")
    iryna = browse("iryna")
    shown = iryna.get(f"/work-items/{step.id}", part=True).text
    with office.database.write() as session:
        session.get_one(Deal, step.deal_id).fields = {"discount": "9"}
    assert "Те, що тут погоджують, змінилося." in text_of(iryna.get(news_of(shown), part=True))
    uploaded = hash_in(iryna.get(f"/work-items/{step.id}", part=True).text)
    told = iryna.get(f"{news_of(shown)}&content_hash={uploaded}", part=True)
    assert told.status_code == 204, "an upload of one's own brings the form's hash up to date"
    hidden = {name: unescape(value) for name, value in _HIDDEN.findall(shown)}
    looked = iryna.post(f"/work-items/{step.id}/look", hidden, part=True)
    assert "Знижка, % 7,5 % 9 %" in text_of(looked)


@pytest.mark.parametrize("forged", ['{"files": 5}', '{"fields": {"discount": "1"}}', "[" * 100_000])
def test_what_no_page_of_ours_showed_is_compared_with_nothing(office: Office, browse: SignIn, forged: str) -> None:
    office.publish(naming({"legal": DISCOUNT}))
    office.open_deal()
    office.prepare()
    iryna, step = browse("iryna"), office.step("legal").id
    mark = dict(_HIDDEN.findall(iryna.get(f"/work-items/{step}", part=True).text))["seen_content"].split(" ")[0]
    looked = iryna.post(f"/work-items/{step}/look", {"seen_content": f"{mark} {forged}"}, part=True)
    assert (looked.status_code, "changes-table" in looked.text) == (200, False)


@pytest.fixture
def careful(office: Office) -> int:
    """An approval that has to be confirmed by password and code."""
    office.publish(naming({"legal": DISCOUNT}, reauthenticate=Reauthentication.CODE))
    office.do("iryna", set_password, office.company.iryna.id, PASSWORD)
    office.open_deal()
    office.prepare()
    return office.step("legal").id


def test_a_decision_is_confirmed_by_password_and_a_code_that_passes_once(
    office: Office, browse: SignIn, careful: int
) -> None:
    iryna = browse("iryna")
    assert iryna.post("/settings/authenticator/begin", {"present": "wrong"}).status_code == 422
    assert iryna.post("/settings/authenticator/begin", {"present": PASSWORD}).status_code == 303
    page = iryna.get("/settings/authenticator").text
    assert "<svg" in page
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")  # type: ignore[index]

    def code() -> str:
        return code_of(secret, counter_at(office.clock.now()))

    told = iryna.post("/settings/authenticator/confirm", {"code": code()})
    recovery = re.findall(r"<code>([0-9a-f]{4}-[0-9a-f]{6})</code>", told.text)
    assert len(recovery) == 8
    assert decide(iryna, careful).status_code == 403
    wrong = decide(iryna, careful, proof_password="wrong", proof_code=code(), comment="Так")
    assert "Це не ваш пароль." in text_of(wrong)
    assert PASSWORD not in decide(iryna, careful, proof_password=PASSWORD, proof_code=code()).text
    assert office.step("legal").is_live  # the code that confirmed the application has passed once
    office.clock.advance(timedelta(seconds=30))
    assert decide(iryna, careful, proof_password=PASSWORD, proof_code=code()).status_code == 200
    with office.database.read() as session:
        last = session.scalars(select(HistoryEvent).where(HistoryEvent.work_item_id == careful)).all()[-1]
    assert last.data["authentication"]["by"] == "password, code"
    assert PASSWORD not in str(last.data)
    office.open_deal(title="Друга")
    office.prepare()
    second = office.step("legal").id
    for expected in (200, 403):
        answer = decide(iryna, second, proof_password=PASSWORD, proof_code=recovery[0])
        assert answer.status_code == expected
        office.open_deal(title="Третя")
        office.prepare()
        second = max(one.id for one in office.open_steps() if one.element_id == "legal")


def test_an_administrator_removes_a_lost_application_and_nobody_else_does(
    office: Office, browse: SignIn, careful: int
) -> None:
    iryna, iryna_id = browse("iryna"), office.company.iryna.id
    iryna.post("/settings/authenticator/begin", {"present": PASSWORD})
    assert browse("olena").post(f"/settings/authenticator/of/{iryna_id}/remove").status_code == 403
    assert browse("admin").post(f"/settings/authenticator/of/{iryna_id}/remove").status_code == 303
    assert "<svg" not in re.sub(r"<svg class=.*?</svg>", "", iryna.get("/settings/authenticator").text, flags=re.DOTALL)
    assert browse("admin").post(f"/settings/authenticator/of/{iryna_id}/remove").status_code == 404


def test_the_password_alone_puts_no_other_application_in_the_place_of_ones_own(
    office: Office, browse: SignIn, careful: int
) -> None:
    iryna, iryna_id = browse("iryna"), office.company.iryna.id
    iryna.post("/settings/authenticator/begin", {"present": PASSWORD})
    page = iryna.get("/settings/authenticator").text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")  # type: ignore[index]
    told = iryna.post("/settings/authenticator/confirm", {"code": code_of(secret, counter_at(office.clock.now()))})
    recovery = re.findall(r"<code>([0-9a-f]{4}-[0-9a-f]{6})</code>", told.text)
    assert iryna.post(f"/settings/authenticator/of/{iryna_id}/remove").status_code == 403
    for code in ("", "000000"):
        assert iryna.post("/settings/authenticator/remove", {"present": PASSWORD, "code": code}).status_code == 422
    assert iryna.post("/settings/authenticator/begin", {"present": PASSWORD}).status_code == 422
    given = {"present": PASSWORD, "code": recovery[0]}
    assert iryna.post("/settings/authenticator/remove", given).status_code == 303
    assert iryna.post("/settings/authenticator/begin", {"present": PASSWORD}).status_code == 303


def test_who_sets_up_an_application_for_a_decision_comes_back_to_it(
    office: Office, browse: SignIn, careful: int
) -> None:
    iryna, step = browse("iryna"), f"/work-items/{careful}"
    begun = iryna.post("/settings/authenticator/begin", {"present": PASSWORD, "next": step})
    assert begun.headers["Location"] == f"/settings/authenticator?next={step}"
    page = iryna.get(begun.headers["Location"]).text
    assert f'name="next" value="{step}"' in page
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")  # type: ignore[index]
    given = {"code": code_of(secret, counter_at(office.clock.now())), "next": step}
    assert f'href="{step}"' in iryna.post("/settings/authenticator/confirm", given).text
    assert f'href="{step}"' in iryna.get(f"/settings/authenticator?next={step}").text
    assert 'href="//evil' not in iryna.get("/settings/authenticator?next=//evil.example").text


def test_guessing_passwords_is_stopped(office: Office, browse: SignIn, careful: int) -> None:
    iryna = browse("iryna")
    for _ in range(10):
        assert send(iryna, careful, "", proof_password="guess").status_code == 403
    stopped = decide(iryna, careful, proof_password=PASSWORD)
    assert "Забагато" in text_of(stopped)
    assert office.step("legal").is_live


@pytest.mark.parametrize("reask", [True, False])
def test_changing_what_was_approved_is_offered_where_the_map_allows_it(
    office: Office, browse: SignIn, *, reask: bool
) -> None:
    office.publish(naming({"legal": SUM, "finance": DISCOUNT, "logistics": DISCOUNT}, reask=reask))
    deal = office.open_deal()
    office.prepare()
    for login, element in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    form = {"title": deal.title, "amount": "99 000", "currency": "UAH", "discount": "7,5"}
    olena = browse("olena")
    assert 'name="ask_again"' not in olena.get(f"/deals/{deal.id}").text
    answer = olena.post(f"/deals/{deal.id}", form)
    assert (answer.status_code, 'name="ask_again"' in answer.text) == (409, reask)
    asked = olena.post(f"/deals/{deal.id}", form | {"ask_again": "1"})
    assert asked.status_code == (303 if reask else 409)
    assert 'name="ask_again"' not in asked.text
    assert [one.element_id for one in office.open_steps()] == (["prepare"] if reask else ["sign"])


def test_the_deals_page_shows_what_changed_since_and_has_it_approved_again(office: Office, browse: SignIn) -> None:
    payer = ContentRule(names=("client.name",))
    office.publish(naming({"legal": payer, "finance": DISCOUNT, "logistics": DISCOUNT}, reask=True))
    deal = office.open_deal()
    office.prepare()
    for login, element in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    olena = browse("olena")
    assert "Have it approved again" not in text_of(olena.get(f"/deals/{deal.id}"))
    office.do("olena", update_client, deal.client_id, {"name": "ТОВ «Інший платник»"})
    shown = text_of(olena.get(f"/deals/{deal.id}"))
    assert "ТОВ «Промінь» ТОВ «Інший платник»" in shown
    assert olena.post(f"/deals/{deal.id}/ask-again", {"command_id": "again"}).status_code == 303
    assert [one.element_id for one in office.open_steps()] == ["prepare"]
    assert olena.post(f"/deals/{deal.id}/ask-again", {"command_id": "again"}).status_code == 303


def test_who_may_not_get_an_approval_is_not_offered_it_and_named_with_the_reason(
    office: Office, browse: SignIn
) -> None:
    company = office.company
    office.publish(naming({"legal": DISCOUNT}, four_eyes=True))
    with office.database.write() as session:
        session.add_all(
            Membership(person_id=one.id, department_id=company.legal.id) for one in (company.petro, company.taras)
        )
    office.open_deal("taras")
    office.complete("taras", "prepare", values={"discount": "5"})
    iryna = browse("iryna")
    legal = office.step("legal").id

    def offered(q: str) -> dict[str, str]:
        answer = iryna.client.get("/choose/receivers", query_string={"step": legal, "q": q}).get_json()
        return {one["text"]: one["detail"] if one["barred"] else "" for one in answer["items"]}

    assert set(offered("")) == {company.iryna.full_name, company.petro.full_name}
    assert offered("тарас") == {company.taras.full_name: "серед тих, хто просив чи готував: погоджує хтось інший"}
    assert offered("олена") == {company.olena.full_name: "не з відділу, який погоджує"}
    assert offered("петро") == {company.petro.full_name: ""}
    office.do("petro", claim_work_item, legal)
    assert set(offered("")) == {company.iryna.full_name}
    assert offered("петро") == {company.petro.full_name: "має цей крок зараз"}
    assert f'data-chooser="/choose/receivers?step={legal}"' in iryna.get(f"/work-items/{legal}").text
    assert browse("danylo").get(f"/choose/receivers?step={legal}").status_code == 404


def test_who_decides_after_a_return_elsewhere_reads_once_what_happened_and_keeps_what_was_typed(
    office: Office, browse: SignIn
) -> None:
    office.publish(parallel_returns())
    office.open_deal()
    office.complete("olena", "prepare")
    legal, iryna = office.step("legal").id, browse("iryna")
    shown = iryna.get(f"/work-items/{legal}", part=True).text
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    answer = send(iryna, legal, shown, "returned", comment="Пункт 4")
    assert answer.status_code == 409
    told = text_of(answer)
    assert told.count(f"Цей крок відкликано: «{FINANCE}» повернуто на доопрацювання") == 1
    assert "Знижка завелика" in told
    assert "Що ви встигли ввести Пункт 4" in told
    later = text_of(iryna.get(f"/work-items/{legal}", part=True))
    assert f"Цей крок відкликано: «{FINANCE}» повернуто на доопрацювання." in later
    assert f"Крок «{LEGAL}» відкликано: «{FINANCE}» повернуто на доопрацювання" in later, "in the history"
    assert "більше не потрібен" not in later


def test_who_is_asked_anew_reads_why(office: Office, browse: SignIn) -> None:
    office.publish(parallel_returns())
    office.open_deal()
    office.complete("olena", "prepare")
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    office.complete("olena", "prepare")
    told = text_of(browse("iryna").get(f"/work-items/{office.step('legal').id}", part=True))
    assert f"Вас запитують знову Попередній запит відкликано: «{FINANCE}» повернуто на доопрацювання." in told


def test_who_works_through_the_steps_of_a_department_is_led_to_its_next_one(office: Office, browse: SignIn) -> None:
    """It was “To the list” after each, unless a step waited for them alone."""
    office.publish(parallel_returns())
    waiting = []
    for _ in range(3):
        deal = office.open_deal()
        office.complete("olena", "prepare", deal=deal)
        waiting.append(office.step("legal", deal=deal).id)
    iryna, led = browse("iryna"), f'href="/work-items/{waiting[2]}?tab=groups"'
    for step, tab, is_led in ((waiting[0], "mine", False), (waiting[1], "groups", True)):
        shown = iryna.get(f"/work-items/{step}", part=True).text
        form = dict(_HIDDEN.findall(shown)) | {"outcome": "approved"}
        opened = {"HX-Current-URL": f"http://localhost/work-items/{step}?tab={tab}"}
        done = iryna.post(f"/work-items/{step}/complete", form, part=True, headers=opened)
        assert (done.status_code, led in done.text) == (200, is_led)


def test_who_acts_for_a_colleague_is_led_to_the_next_step_of_that_tab(office: Office, browse: SignIn) -> None:
    today = office.clock.now().date()
    office.do("olena", set_substitution, office.company.olena.id, office.company.taras.id, today, today)
    deals = [office.open_deal() for _ in range(2)]
    done, following = (office.step("prepare", deal=deal).id for deal in deals)
    opened = {"HX-Current-URL": f"http://localhost/work-items/{done}?tab=substituting"}
    form = {"field:discount": "0", "outcome": "completed"}
    taras = browse("taras")
    whose = "Ви робите цей крок за іншу людину: Олена Коваль"
    assert whose in text_of(taras.get(f"/work-items/{done}"))
    assert whose not in text_of(browse("olena").get(f"/work-items/{done}"))
    assert "Угода чекає на вас (заміщаєте: Олена Коваль)" in text_of(taras.get(f"/deals/{deals[0].id}"))
    shown = taras.post(f"/work-items/{done}/complete", form, part=True, headers=opened)
    assert shown.status_code == 200
    assert f'href="/work-items/{following}?tab=substituting"' in shown.text


def test_a_comment_alone_that_was_typed_into_a_request_taken_back_is_put_into_the_form(
    office: Office, browse: SignIn
) -> None:
    """It stood above the form, to be typed once more."""
    office.publish(parallel_returns())
    office.open_deal()
    office.complete("olena", "prepare")
    iryna, legal = browse("iryna"), office.step("legal").id
    assert iryna.post(f"/work-items/{legal}/draft", {"comment": "Пункт 4 не так"}, part=True).status_code == 204
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    office.complete("olena", "prepare")
    anew = f"/work-items/{office.step('legal').id}"
    offered = f'action="{anew}/typed-before"'
    assert offered in iryna.get(anew, part=True).text
    for typing, becomes in (("", "Пункт 4 не так"), ("І строк", "І строк\nПункт 4 не так")):
        taken = iryna.post(f"{anew}/typed-before", {"comment": typing}, part=True).text
        assert (f">{becomes}</textarea>" in taken, offered in taken) == (True, False)
    assert (
        f'action="/work-items/{office.step("finance").id}/typed-before"'
        not in browse("oksana").get(f"/work-items/{office.step('finance').id}", part=True).text
    )


def test_what_was_typed_into_a_request_taken_back_is_offered_where_it_is_asked_anew(
    office: Office, browse: SignIn
) -> None:
    """Not so what the form showed by itself, and a step behind has changed since."""
    process = parallel_returns()
    term = FieldDefinition(name="term", label="Строк, днів", type=FieldType.NUMBER)
    part = FieldDefinition(name="part", label="Пункт договору")
    asked = {"prepare": (term,), "legal": (term, part)}
    steps = {one: process.steps[one].model_copy(update={"fields": fields}) for one, fields in asked.items()}
    office.publish(edited(process, steps))
    office.open_deal()
    office.complete("olena", "prepare", values={"term": "7"})
    iryna, legal = browse("iryna"), office.step("legal").id
    typed = {"field:term": "7", "field:part": "4.2", "comment": "Не так"}
    assert iryna.post(f"/work-items/{legal}/draft", typed, part=True).status_code == 204
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    office.complete("olena", "prepare", values={"term": "14"})
    anew = office.step("legal").id
    told = text_of(iryna.get(f"/work-items/{anew}", part=True))
    assert "Що ви ввели там у форму: Пункт договору 4.2" in told
    typing = {"field:term": "15", "field:part": "", "comment": ""}
    taken = iryna.post(f"/work-items/{anew}/typed-before", typing, part=True)
    assert 'value="4.2"' in taken.text
    assert 'value="15"' in taken.text, "what is being typed stays"
    assert ">Не так</textarea>" in taken.text
    assert "Що ви ввели там у форму" not in text_of(taken)
    plain = iryna.post(f"/work-items/{anew}/typed-before", {})
    assert 'value="14"' in plain.text
    assert "Що ви ввели" not in text_of(browse("oksana").get(f"/work-items/{office.step('finance').id}", part=True))
