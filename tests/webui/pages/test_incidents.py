from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from support.called_maps import job_map
from support.drawn_maps import END, START, bag, chain, compiled, element, flow, step
from support.office import Office
from support.parallel_returns import said_step
from support.sales_map import sales_map
from support.web import Browser, text_of

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.bpmn.guards import Stalled
from engine.commands.call_making import settle_answer
from engine.commands.call_results import AnswerChangesApproved
from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState
from engine.model.process_instance import ProcessInstance
from engine.model.service_call import ServiceCall

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def deal(office: Office) -> Deal:
    """A deal whose timer failed; nothing waits for that timer any longer."""
    deal = office.open_deal()
    with office.database.write() as session:
        instance = session.query(ProcessInstance).one()
        instance.open_incidents = 1
        session.add(
            Incident(
                instance_id=instance.id,
                deal_id=deal.id,
                element_id="sign",
                code="map_failed",
                params={
                    "problem_template": "“%(value)s” cannot be read as %(expected)s.",
                    "problem_params": {"value": "багато", "expected": "a number"},
                },
                stimulus={"type": "FireTimer", "activity_id": "gone", "node_id": "silence", "due_at": ""},
                occurred_at=office.clock.now(),
            )
        )
    return deal


def state(office: Office) -> IncidentState:
    with office.database.read() as session:
        return session.query(Incident).one().state


def test_a_failure_says_what_happened_and_where(deal: Deal, browse: SignIn) -> None:
    page = browse("admin").get("/settings/incidents")
    for said in ("багато", "Підписати договір", deal.number):
        assert said in text_of(page)
    assert "/settings/incidents/1/retry" in browse("admin").get("/settings/incidents/1").text


def test_the_step_that_failed_is_marked_on_the_map_until_it_is_put_right(
    office: Office, deal: Deal, browse: SignIn
) -> None:
    admin, olena = browse("admin"), browse("olena")
    places = [(admin, "/settings/incidents/1"), (olena, f"/deals/{deal.id}/map")]
    for somebody, place in places:
        assert "data-failing='[\"sign\"]'" in somebody.get(place).text
    assert "тут збій" in text_of(olena.get(f"/deals/{deal.id}/map")), "a legend, for those who tell no colours apart"
    assert admin.post("/settings/incidents/1/retry").status_code == 303
    for somebody, place in places:
        assert "data-failing" not in somebody.get(place).text


def test_a_failure_is_tried_again_with_one_press(office: Office, deal: Deal, browse: SignIn) -> None:
    admin = browse("admin")
    assert admin.post("/settings/incidents/1/retry").status_code == 303
    assert state(office) is IncidentState.RESOLVED
    assert "/settings/incidents/1/retry" not in admin.get("/settings/incidents").text
    assert admin.post("/settings/incidents/1/retry").status_code == 409


def test_a_persons_step_is_not_retried_for_them(office: Office, deal: Deal, browse: SignIn) -> None:
    with office.database.write() as session:
        session.query(Incident).one().stimulus = {"type": "CompleteStep", "activity_id": "x"}
    admin = browse("admin")
    assert "/settings/incidents/1/retry" not in admin.get("/settings/incidents/1").text
    assert admin.post("/settings/incidents/1/retry").status_code == 422
    assert state(office) is IncidentState.OPEN
    assert admin.post("/settings/incidents/1/close").status_code == 422, "without a reason"
    assert admin.post("/settings/incidents/1/close", {"reason": "Зроблено вручну"}).status_code == 303
    assert state(office) is IncidentState.RESOLVED


def test_a_call_that_is_made_anew_is_not_called_a_success(office: Office, deal: Deal, browse: SignIn) -> None:
    with office.database.write() as session:
        one = session.query(Incident).one()
        one.stimulus, one.params = {"type": "RepeatCall", "activity_id": "gone"}, {"problem_code": "call_failed"}
    admin = browse("admin")
    assert "Звернення до іншої системи не вдається" in text_of(admin.get("/settings/incidents/1"))
    assert admin.post("/settings/incidents/1/retry").status_code == 303
    told = text_of(admin.get("/settings/incidents"))
    assert "Виклик роблять заново." in told
    assert "Вийшло" not in told


def test_an_answer_refused_beside_an_approval_is_put_right_by_taking_the_request_back(
    office: Office, deal: Deal, browse: SignIn
) -> None:
    with office.database.write() as session:
        one = session.query(Incident).one()
        one.stimulus = {"type": "RepeatCall", "activity_id": "gone"}
        one.params = {"problem_code": AnswerChangesApproved.code}
    told = text_of(browse("admin").get("/settings/incidents/1"))
    assert "Відповідь змінила б те, що погоджують" in told
    assert "відкличе запит" in told
    assert "чи працює інша система" not in told


def test_trying_none_again_says_what_to_do_first(office: Office, deal: Deal, browse: SignIn) -> None:
    admin = browse("admin")
    assert admin.post("/settings/incidents/retry", {}).status_code == 303
    assert "Нічого не обрано" in text_of(admin.get("/settings/incidents"))


def test_ids_that_no_failure_can_have_are_not_tried(office: Office, deal: Deal, browse: SignIn) -> None:
    assert browse("admin").post("/settings/incidents/retry", {"incident": "9" * 30}).status_code == 303
    assert state(office) is IncidentState.OPEN


def test_values_set_with_a_retry_are_set_once_however_often_the_button_is_pressed(
    office: Office, deal: Deal, browse: SignIn
) -> None:
    admin = browse("admin")
    form = {"set.discount": "9", "reason": "Описка", "command_id": "one"}
    assert [admin.post("/settings/incidents/1/retry", form).status_code for _ in range(2)] == [303, 303]
    assert office.kinds(deal).count("variables_set") == 1
    assert office.deal(deal).fields["discount"] == "9"


def test_what_was_typed_into_a_failed_step_is_shown_mended_and_completed(
    office: Office, deal: Deal, browse: SignIn
) -> None:
    typed = {
        "work_item_id": office.step("prepare").id,
        "element_id": "prepare",
        "by_id": office.company.olena.id,
        "outcome": "completed",
        "comment": "Як домовились",
        "values": {"discount": "45", "deal.amount": "500"},
    }
    with office.database.write() as session:
        session.query(Incident).one().stimulus = {"type": "CompleteStep", "activity_id": "x", "typed": typed}
    admin = browse("admin")
    page = text_of(admin.get("/settings/incidents/1"))
    for said in ("Олена Коваль", "Як домовились", "45"):
        assert said in page
    form = {"field:discount": "4,5", "field:deal.amount": "500", "reason": ""}
    assert admin.post("/settings/incidents/1/retry", form).status_code == 422
    assert admin.post("/settings/incidents/1/retry", form | {"reason": "Описка"}).status_code == 303
    assert state(office) is IncidentState.RESOLVED
    assert office.deal(deal).fields["discount"] == "4.5"
    assert office.kinds(deal).count("step_completed") == 1


def test_a_call_that_is_made_again_by_itself_is_told_with_its_next_try(office: Office, browse: SignIn) -> None:
    office.publish(job_map())
    deal = office.open_deal()
    with office.database.write() as session:
        call = session.query(ServiceCall).one()
        call.attempts, call.retries, call.last_error = 1, 2, "HTTP 503"
        call.due_at = office.clock.now() + timedelta(minutes=10)
    told = text_of(browse("admin").get("/settings/incidents"))
    for part in (
        "Повторюється автоматично",
        deal.number,
        "зараз система не працює (HTTP 503)",
        "10:10",
        "і ще 2 спроби",
    ):
        assert part in told
    page = text_of(browse("olena").get(f"/deals/{deal.id}"))
    assert "Відповіді не було; наступна спроба: 10:10." in page
    assert browse("olena").get("/settings/incidents").status_code == 404


FIELDS = (
    '<reglament:property name="responsible" value="власник угоди"/>'
    '<reglament:property name="stage" value="Пропозиція"/>'
    '<reglament:property name="deadline" value="2 р.д."/>'
    '<reglament:field name="discount_percent" label="Знижка, %" type="percent"/>'
    '<reglament:field name="parts" label="Кількість частин" type="number"/>'
)


@pytest.mark.parametrize(
    ("condition", "told", "in_words"),
    [
        ("discount_percent &gt; 5", "не заповнено «Знижка, %» (discount_percent).", "«Знижка, %» більше за 5"),
        (
            "deal.amount / parts &gt; 5",
            "ділить на нуль: «Кількість частин» (parts): число, 0.",
            "«Кількість частин» більше за 5",
        ),
        (
            "parts &gt; client.name",
            "порівнює непорівнянне: «Кількість частин» (parts): число, 0",
            "«Кількість частин» більше за",
        ),
    ],
)
def test_a_failure_names_fields_as_people_know_them(
    office: Office, browse: SignIn, condition: str, told: str, in_words: str
) -> None:
    decision = f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>'
    office.publish(
        compiled(
            START,
            element("userTask", "prepare", "Порахувати", f"<extensionElements>{FIELDS}</extensionElements>"),
            element("exclusiveGateway", "large", "Знижка велика?", default="large_end"),
            step("approve", "Погодити", відповідальний="власник угоди", етап="Пропозиція", термін="2 р.д."),
            END,
            chain("start", "prepare", "large"),
            element("sequenceFlow", "yes", "так", decision, sourceRef="large", targetRef="approve"),
            chain("large", "end"),
            chain("approve", "end"),
        )
    )
    office.open_deal()
    item = office.step("prepare")
    answer = browse("olena").post(f"/work-items/{item.id}/complete", {"outcome": "completed", "field:parts": "0"})
    assert told in text_of(answer), "who pressed the button is told at once"
    page = text_of(browse("admin").get("/settings/incidents/1"))
    assert told in page
    assert in_words in page


def test_the_values_when_it_failed_are_written_as_elsewhere(office: Office, deal: Deal, browse: SignIn) -> None:
    kinds = {"engineer": FieldType.PERSON, "payer": FieldType.CLIENT, "advance": FieldType.MONEY}
    kinds |= {"shipped_on": FieldType.DATE, "paper": FieldType.FILE}
    process = sales_map()
    prepare = process.steps["prepare"]
    asked = tuple(FieldDefinition(name=name, label=f"Поле {name}", type=kind) for name, kind in kinds.items())
    more = {"prepare": prepare.model_copy(update={"fields": (*prepare.fields, *asked)})}
    definition = office.publish(process.model_copy(update={"steps": {**process.steps, **more}, "content_hash": "more"}))
    with office.database.write() as session:
        session.query(ProcessInstance).one().definition_id = definition.id
        session.query(Incident).one().variables = {
            "engineer": office.company.taras.id,
            "payer": deal.client_id,
            "advance": "12500.5",
            "shipped_on": "2026-12-24",
            "paper": [{"id": 7, "name": "Рахунок.pdf", "version": 1, "sha256": "0" * 64}],
            "prepare_outcome": "completed",
            "round": "1500",
        }
    admin = browse("admin")
    answer = admin.get("/settings/incidents/1")
    page = text_of(answer)
    for told in (office.company.taras.full_name, "ТОВ «Промінь»", "12 500,50", "24 груд.", "Рахунок.pdf", "Виконано"):
        assert told in page
    for address in (f"/people/{office.company.taras.id}", f"/clients/{deal.client_id}", "/files/7"):
        assert f'href="{address}"' in answer.text
    assert "Рішення на кроці «Підготувати" in page
    for place in ("/settings/incidents/1", f"/deals/{deal.id}/variables"):
        choosers = re.findall(
            r'data-chooser="(/choose/\w+)"[^>]*>\s*<input type="hidden" name="(set\.\w+)"', admin.get(place).text
        )
        assert choosers == [("/choose/people", "set.engineer"), ("/choose/clients", "set.payer")]
    variables, why = f"/deals/{deal.id}/variables", {"reason": "Треба", "command_id": "once"}
    unknown = admin.post(variables, why | {"shown:set.engineer": "Хтось", "set.engineer": ""})
    assert (unknown.status_code, 'value="Хтось"' in unknown.text) == (422, True)
    given = {"set.engineer": str(office.company.olena.id), "shown:set.engineer": "Олена Коваль"}
    assert admin.post(variables, why | given).status_code == 303
    assert office.deal(deal).fields["engineer"] == office.company.olena.id


def test_failures_are_narrowed_by_words_and_not_by_codes(office: Office, deal: Deal, browse: SignIn) -> None:
    with office.database.write() as session:
        one = session.query(Incident).one()
        params: dict[str, Any] = {"problem_code": "STALLED", "problem_template": Stalled.template}
        params |= {"problem_params": {"elements": ["Склад", "Оплата"]}}
        session.add(
            Incident(
                instance_id=one.instance_id,
                deal_id=deal.id,
                code="map_failed",
                params=params,
                stimulus={"type": "EvaluateConditions"},
                occurred_at=office.clock.now(),
            )
        )
    page = text_of(browse("admin").get("/settings/incidents"))
    assert "Щось чекає на те, чого не буде · 1" in page
    assert "«Склад», «Оплата»" in page
    assert "Продаж · 2" in page
    assert "STALLED" not in page


def test_reading_changes_nothing_and_writing_needs_its_token(office: Office, deal: Deal, browse: SignIn) -> None:
    admin = browse("admin")
    assert admin.get("/settings/incidents/1/retry").status_code == 405
    assert admin.post("/settings/incidents/1/retry", token="forged").status_code == 400
    assert admin.post("/settings/incidents/999/retry").status_code == 404
    assert state(office) is IncidentState.OPEN


def test_all_that_failed_alike_are_tried_again_at_one_press(office: Office, deal: Deal, browse: SignIn) -> None:
    with office.database.write() as session:
        instance = session.query(ProcessInstance).one()
        first = session.query(Incident).one()
        session.add_all(
            Incident(
                instance_id=instance.id,
                deal_id=deal.id,
                element_id=first.element_id,
                code=first.code,
                params=first.params,
                stimulus=first.stimulus | {"activity_id": f"gone {number}"},
                occurred_at=first.occurred_at,
            )
            for number in range(39)
        )
        instance.open_incidents = 40
    admin = browse("admin")
    for place in ("/settings/incidents", "/settings/incidents/1"):
        assert admin.get(place).text.count("/retry-alike") == 1
        assert "Повторити всі 40 таких" in text_of(admin.get(place))
    for login in ("olena", "owner"):
        assert browse(login).post("/settings/incidents/1/retry-alike").status_code in {403, 404}
    form = {"command_id": "all"}
    assert [admin.post("/settings/incidents/1/retry-alike", form).status_code for _ in range(2)] == [303, 303]
    with office.database.read() as session:
        assert session.query(Incident).filter_by(state=IncidentState.OPEN).count() == 0
        assert session.query(ProcessInstance).one().open_incidents == 0
    assert office.kinds(deal).count("incident_resolved") == 40
    assert admin.post("/settings/incidents/999/retry-alike").status_code == 404


def test_of_many_maps_those_with_the_most_failures_are_offered_first(
    office: Office, deal: Deal, browse: SignIn
) -> None:
    with office.database.write() as session:
        session.add_all(
            Incident(
                code="map_failed",
                stimulus={"type": "StartProcess", "definition_key": f"map_{number}"},
                occurred_at=office.clock.now(),
            )
            for number in range(8)
        )
    shown, _, folded = browse("admin").get("/settings/incidents?map=map_7").text.partition("<details")
    assert all(f"map={key}" in folded for key in ("map_6", "sale"))
    assert all(f"map={key}" in shown for key in ("map_0", "map_5"))
    assert "map_7 · 1" in shown
    assert "map=map_0" not in folded


def test_an_answer_that_would_change_what_is_approved_names_the_way_back(office: Office, browse: SignIn) -> None:
    """A program beside an approval answers with another sum."""
    office.publish(
        compiled(
            START,
            said_step("prepare", "Підготувати", "=owner"),
            element("parallelGateway", "split"),
            element("parallelGateway", "join"),
            said_step("legal", "Погодити: юрист", "Юридичний відділ", approval="any"),
            element("exclusiveGateway", "said", "Погоджено?"),
            element("serviceTask", "price", "Порахувати", bag(connector="job", topic="price")),
            END,
            chain("start", "prepare", "split", "legal", "said"),
            flow("said", "join", "Погоджено"),
            flow("said", "prepare", "На доопрацювання"),
            chain("split", "price", "join", "end"),
        )
    )
    office.open_deal()
    office.complete("olena", "prepare")
    with office.database.read() as session:
        call_id = session.query(ServiceCall).one().id
    settle_answer(office.database, call_id, {"deal.amount": 5}, clock=office.clock)
    page = text_of(browse("admin").get("/settings/incidents/1"))
    assert "відкличе запит" in page
    assert "чи працює інша система" not in page
