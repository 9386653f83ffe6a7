"""What a seller might try to get a deal past those who approve it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from support.approval_maps import DISCOUNT, SUM, naming
from support.canonical_maps import MapBuilder, after, when
from support.office import Office
from support.sales_map import STAGES, hash_of, human

from engine.bpmn.compiled import ApprovalRule, CompiledProcess, ContentRule, FieldDefinition, FieldType
from engine.bpmn.runtime import DeliverMessage
from engine.commands.approved_changes import ApprovalSpared, ContentApproved
from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.deals import update_deal
from engine.commands.incident_retries import retry_incident
from engine.commands.incidents import record_incident
from engine.commands.messages import send_message
from engine.commands.recalls import recall_approval
from engine.commands.suspensions import Deadlines, resume_deal, suspend_deal
from engine.commands.variables import set_variables
from engine.errors import InvalidInput, MapFailed
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.incident import Incident, IncidentState
from engine.model.message_subscription import MessageSubscription
from engine.policy.permissions import Actor

AMOUNT = {"amount": Decimal("990000.00")}


def open_elements(office: Office) -> list[str]:
    return sorted(one.element_id for one in office.open_steps())


def two_in_turn(**more: Any) -> CompiledProcess:
    """prepare → legal → terms → finance, who may return to the terms → sign; finance has three days for it."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for step in ("prepare", "legal", "terms", "finance", "sign", "call"):
        builder.step(step)
    for gateway in ("again", "decide"):
        builder.gateway("exclusive", gateway)
    builder.boundary("silence", "finance", builder.timer("silence", after(days=3)))
    builder.chain("start", "prepare", "legal", "again", "terms", "finance", "decide")
    builder.flow("decide", "sign", when("approved", "finance"), "ok")
    builder.flow("decide", "again", when("returned|rejected", "finance"), "rework")
    builder.chain("sign", "won")
    builder.chain("silence", "call", "again")
    known = naming({"legal": SUM, "finance": SUM}, **more).steps
    steps = {name: known[name] for name in ("prepare", "legal", "finance", "sign", "call")}
    steps["terms"] = human("terms", "Узгодити умови", "Відділ продажів", STAGES[1])
    built = builder.build()
    return built.model_copy(update={"steps": steps, "content_hash": f"{built.content_hash[:40]}{hash_of(steps)}"})


def asked_behind_legal(office: Office) -> Deal:
    """A deal that legal has approved, and finance is asked for with the terms."""
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    office.wait(hours=1)
    office.complete("olena", "terms")
    return deal


def test_what_the_first_approved_stays_while_the_second_has_it_reworked_behind_the_first(office: Office) -> None:
    office.publish(two_in_turn())
    deal = asked_behind_legal(office)
    office.complete("oksana", "finance", "returned", comment="Дорого")
    assert open_elements(office) == ["terms"]
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, AMOUNT)
    office.complete("olena", "terms")
    office.complete("oksana", "finance", "approved")
    assert (open_elements(office), office.deal(deal).amount) == (["sign"], Decimal("125000.50"))


def test_what_the_first_approved_stays_when_the_second_request_is_taken_back(office: Office) -> None:
    office.publish(two_in_turn())
    deal = asked_behind_legal(office)
    office.do("olena", recall_approval, office.step("finance").id, "Передумала")
    assert open_elements(office) == ["terms"]
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, AMOUNT)


def test_what_the_first_approved_stays_when_the_second_has_not_answered_in_time(office: Office) -> None:
    office.publish(two_in_turn())
    deal = asked_behind_legal(office)
    office.wait(days=4)
    assert open_elements(office) == ["call"]
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, AMOUNT)


def side_by_side() -> CompiledProcess:
    """legal → papers beside finance, who may return to the terms; both meet before the signature."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for step in ("prepare", "legal", "papers", "terms", "finance", "sign"):
        builder.step(step)
    for kind, gateway in (("parallel", "split"), ("parallel", "join"), ("exclusive", "again"), ("exclusive", "decide")):
        builder.gateway(kind, gateway)
    builder.chain("start", "prepare", "split", "legal", "papers", "join", "sign", "won")
    builder.chain("split", "again", "terms", "finance", "decide")
    builder.flow("decide", "join", when("approved", "finance"), "ok")
    builder.flow("decide", "again", when("returned|rejected", "finance"), "rework")
    known = naming({"legal": SUM, "finance": SUM}).steps
    steps = {name: known[name] for name in ("prepare", "legal", "finance", "sign")}
    for name in ("terms", "papers"):
        steps[name] = human(name, name, "Відділ продажів", STAGES[1])
    built = builder.build()
    return built.model_copy(update={"steps": steps, "content_hash": f"{built.content_hash[:40]}{hash_of(steps)}"})


def test_what_one_branch_approved_stays_while_the_other_is_in_rework(office: Office) -> None:
    office.publish(side_by_side())
    deal = asked_behind_legal(office)
    office.complete("oksana", "finance", "returned", comment="Дорого")
    assert open_elements(office) == ["papers", "terms"]
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, AMOUNT)


def test_what_one_branch_is_asked_for_stays_while_the_other_is_in_rework(office: Office) -> None:
    """Whoever has been asked decides on what was laid before them."""
    office.publish(side_by_side())
    deal = office.open_deal()
    office.prepare()
    office.wait(hours=1)
    office.complete("olena", "terms")
    office.complete("oksana", "finance", "returned", comment="Дорого")
    assert open_elements(office) == ["legal", "terms"]
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, AMOUNT)


def one_of_two() -> CompiledProcess:
    """prepare → legal, of whom one is enough and all are asked → sign."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    builder.chain("start", *(builder.step(one) for one in ("prepare", "legal", "sign")), "won")
    known = naming({"legal": SUM}, {"legal": ApprovalRule(mode="count", count=1)}).steps
    steps = {name: known[name] for name in ("prepare", "legal", "sign")}
    built = builder.build()
    return built.model_copy(update={"steps": steps, "content_hash": f"{built.content_hash[:40]}{hash_of(steps)}"})


def test_what_enough_of_them_approved_stays(office: Office) -> None:
    """Who need not answer any more leaves a question that was withdrawn, and no way round the answers of the others."""
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.legal.id))
    office.publish(one_of_two())
    deal = office.open_deal()
    office.prepare()
    first = min(office.open_steps(), key=lambda one: one.id)
    login = "iryna" if first.assignee_id == office.company.iryna.id else "danylo"
    office.complete(login, "legal", "approved", work_item_id=first.id)
    assert open_elements(office) == ["sign"]
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, AMOUNT)


def asked_above_a_limit(condition: str) -> CompiledProcess:
    """prepare → (a script says whether legal is needed) → legal where ``condition`` holds → terms → sign.

    Beside all of it the client may change the order.
    """
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for step in ("prepare", "legal", "terms", "sign"):
        builder.step(step)
    builder.gateway("exclusive", "much", default="little")
    builder.gateway("exclusive", "on")
    builder.chain("start", "prepare", builder.script("rate", ("needs_legal", "discount > 20")), "much")
    builder.flow("much", "legal", condition)
    builder.flow("much", "on", flow_id="little")
    builder.chain("legal", "on", "terms", "sign", "won")
    with builder.event_scope("changed"):
        builder.start("order", builder.message("order", "Інше замовлення"), interrupting=False)
        builder.chain("order", builder.end("read"))
    known = naming({"legal": SUM}).steps
    steps = {name: known[name] for name in ("prepare", "legal", "sign")}
    steps["terms"] = human("terms", "Узгодити умови", "Відділ продажів", STAGES[1])
    built = builder.build(variables={"deal", "discount", "needs_legal"})
    return built.model_copy(update={"steps": steps, "content_hash": f"{built.content_hash[:40]}{hash_of(steps)}"})


@pytest.mark.parametrize(
    ("condition", "change"),
    [
        ("deal.amount > 500000", AMOUNT),
        ("discount > 10", {"fields": {"discount": "30"}}),
        ("needs_legal", {"fields": {"discount": "30"}}),
    ],
)
def test_what_would_have_needed_an_approval_does_not_come_in_behind_the_decision(
    office: Office, condition: str, change: dict[str, Any]
) -> None:
    office.publish(asked_above_a_limit(condition))
    deal = office.open_deal()
    office.do("olena", update_deal, deal.id, {"amount": Decimal("450000.00")})  # the decision lies ahead
    office.prepare()
    assert open_elements(office) == ["terms"]
    with pytest.raises(ApprovalSpared, match="Юридичний відділ"):
        office.do("olena", update_deal, deal.id, change)
    office.do("olena", update_deal, deal.id, {"amount": Decimal("460000.00"), "fields": {"discount": "9"}})
    office.do("olena", update_deal, deal.id, {"title": "Насоси та труби"})
    assert (office.deal(deal).amount, office.deal(deal).fields["discount"]) == (Decimal("460000.00"), "9")


def test_no_message_brings_it_in_behind_the_decision_either(office: Office) -> None:
    office.publish(asked_above_a_limit("discount > 10"))
    deal = office.open_deal()
    office.prepare()
    with pytest.raises(ApprovalSpared):
        order(office, deal, discount=30)
    order(office, deal, discount=9, colour="red")
    assert office.deal(deal).fields["colour"] == "red"


def test_no_message_that_failed_brings_it_in_when_it_is_tried_again(office: Office) -> None:
    office.publish(asked_above_a_limit("discount > 10"))
    deal = office.open_deal()
    office.prepare()
    with office.database.write() as session:
        (waiting,) = session.scalars(select(MessageSubscription))
        failure = MapFailed(element="order", element_id="order")
        failure.instance_id, failure.deal_id = waiting.instance_id, deal.id
        failure.stimulus = DeliverMessage(waiting.activity_id, waiting.node_id, {"discount": 30})
        record_incident(session, failure, actor=Actor.system(), at=office.clock.now())
        session.flush()
        incident_id = session.scalars(select(Incident.id)).one()
    with pytest.raises(ApprovalSpared):
        office.do("admin", retry_incident, incident_id)
    with office.database.read() as session:
        assert session.get_one(Incident, incident_id).state is IncidentState.OPEN
    assert office.deal(deal).fields["discount"] != 30


def test_no_repair_of_a_variable_brings_it_in_behind_the_decision_either(office: Office) -> None:
    office.publish(asked_above_a_limit("discount > 10"))
    deal = office.open_deal()
    office.prepare()
    with pytest.raises(ApprovalSpared):
        office.do("admin", set_variables, deal.id, {"discount": "30"}, "Домовились")
    office.do("admin", set_variables, deal.id, {"discount": "9"}, "Домовились")
    assert office.deal(deal).fields["discount"] == "9"


def order(office: Office, deal: Deal, **values: Any) -> None:
    by = office.actor("olena")
    send_message(office.database, "Інше замовлення", {"deal_number": deal.number}, values, actor=by, clock=office.clock)


def test_a_deal_that_was_led_by_the_approval_may_change_as_ever(office: Office) -> None:
    office.publish(asked_above_a_limit("discount > 10"))
    deal = office.open_deal()
    office.prepare(discount="20")
    office.complete("iryna", "legal", "rejected", comment="Забагато")
    for discount in ("30", "9"):
        office.do("olena", update_deal, deal.id, {"fields": {"discount": discount}})
    with pytest.raises(ApprovalSpared):  # it would have passed the lawyer by with the nine
        office.do("olena", update_deal, deal.id, {"fields": {"discount": "30"}})


def decided_behind_the_terms(condition: str) -> CompiledProcess:
    """prepare → terms → legal where ``condition`` holds → sign."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for step in ("prepare", "terms", "legal", "sign"):
        builder.step(step)
    builder.gateway("exclusive", "much", default="little")
    builder.gateway("exclusive", "on")
    builder.chain("start", "prepare", "terms", "much")
    builder.flow("much", "legal", condition)
    builder.flow("much", "on", flow_id="little")
    builder.chain("legal", "on", "sign", "won")
    return with_steps(builder, variables={"deal", "discount"})


@pytest.mark.parametrize("condition", ["discount > 10", "deal.discount > 10"])
@pytest.mark.parametrize("rests", [False, True])
def test_a_decision_ahead_reads_what_the_deal_holds_when_it_comes_there(
    office: Office, condition: str, rests: bool
) -> None:
    office.publish(decided_behind_the_terms(condition))
    deal = office.open_deal()
    office.prepare(discount="9")
    if rests:
        office.do("olena", suspend_deal, deal.id, "Канікули")
    office.do("olena", update_deal, deal.id, {"fields": {"discount": "30", "legal_outcome": "approved"}})
    if rests:
        office.do("olena", resume_deal, deal.id)
    office.complete("olena", "terms")
    assert open_elements(office) == ["legal"]


def checked_by_legal() -> CompiledProcess:
    """prepare → the lawyers rate the risk, by a script too → terms → legal where there is one → sign."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for step in ("prepare", "rating", "terms", "legal", "sign"):
        builder.step(step)
    builder.gateway("exclusive", "much", default="little")
    builder.gateway("exclusive", "on")
    builder.chain("start", "prepare", "rating", builder.script("rate", ("is_risky", "risk > 10")), "terms", "much")
    builder.flow("much", "legal", "risk > 10 or is_risky")
    builder.flow("much", "on", flow_id="little")
    builder.chain("legal", "on", "sign", "won")
    process = with_steps(builder, variables={"risk", "is_risky"})
    risk = FieldDefinition(name="risk", label="Ризик", type=FieldType.NUMBER)
    note = FieldDefinition(name="note", label="Примітка")
    rating = human("rating", "Оцінити ризик", "Юридичний відділ", STAGES[1], fields=(risk, note))
    steps = {**process.steps, "rating": rating}
    return process.model_copy(update={"steps": steps, "content_hash": hash_of(steps)})


def test_what_the_lawyers_have_found_is_not_wished_away_before_the_map_decides_by_it(office: Office) -> None:
    office.publish(checked_by_legal())
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "rating", values={"risk": "30", "note": "Офшор"})
    with pytest.raises(InvalidInput) as refused:
        office.do("olena", update_deal, deal.id, {"fields": {"risk": "1"}})
    assert refused.value.errors["risk"].code == "found_by_others"
    office.do("olena", update_deal, deal.id, {"fields": {"note": "Кіпр", "is_risky": False}})
    terms(office)
    assert (open_elements(office), office.deal(deal).fields["note"]) == (["legal"], "Кіпр")


@pytest.mark.parametrize("same", ["30", "30.0", "30,0", 30, 30.0])
def test_who_leaves_what_the_lawyers_have_found_as_it_is_may_change_the_rest(office: Office, same: object) -> None:
    office.publish(checked_by_legal())
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "rating", values={"risk": "30", "note": "Офшор"})
    office.do("olena", update_deal, deal.id, {"fields": {"risk": same, "note": "Кіпр"}})
    assert (office.deal(deal).fields["risk"], office.deal(deal).fields["note"]) == ("30", "Кіпр")
    (told,) = (one for one in office.history(deal) if one.kind == "deal_changed")
    assert told.data["changes"].keys() == {"note"}


def test_neither_does_their_head_decide_in_the_lawyers_stead(office: Office) -> None:
    office.publish(checked_by_legal())
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "rating", values={"risk": "30", "note": "Офшор"})
    with pytest.raises(InvalidInput):
        office.do("bohdan", update_deal, deal.id, {"fields": {"risk": "1"}})
    office.do("admin", set_variables, deal.id, {"risk": "1"}, "Юристи переглянули висновок")
    assert office.deal(deal).fields["risk"] == "1"


def asked_above_a_limit_and_always() -> CompiledProcess:
    """prepare → legal above 500,000 → terms → finance, who may be asked again → sign."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for step in ("prepare", "legal", "terms", "finance", "sign"):
        builder.step(step)
    builder.gateway("exclusive", "much", default="little")
    builder.gateway("exclusive", "on")
    builder.chain("start", "prepare", "much")
    builder.flow("much", "legal", "deal.amount > 500000")
    builder.flow("much", "on", flow_id="little")
    builder.chain("legal", "on", "terms", "finance", "sign", "won")
    return with_steps(builder, variables={"deal"})


@pytest.mark.parametrize("bound", [SUM, DISCOUNT])
def test_asking_those_again_who_approved_spares_nobody_who_was_not_asked(office: Office, bound: ContentRule) -> None:
    process = asked_above_a_limit_and_always()
    finance = process.steps["finance"].model_copy(update={"approved_content": bound, "reask": True})
    steps = {**process.steps, "finance": finance}
    office.publish(process.model_copy(update={"steps": steps, "content_hash": hash_of(steps)}))
    deal = office.open_deal()
    office.prepare()
    terms(office)
    office.complete("oksana", "finance", "approved")
    with pytest.raises(ApprovalSpared, match="Юридичний відділ"):
        office.do("olena", update_deal, deal.id, AMOUNT, ask_again=True)
    assert (open_elements(office), office.deal(deal).amount) == (["sign"], Decimal("125000.50"))
    office.do("olena", update_deal, deal.id, {"amount": Decimal("90000.00")}, ask_again=True)
    assert open_elements(office) == (["terms"] if bound is SUM else ["sign"])


def returned_by_legal() -> CompiledProcess:
    """prepare → all of legal above 500,000, who may return it → terms → sign."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for step in ("prepare", "legal", "terms", "sign"):
        builder.step(step)
    for gateway in ("again", "on"):
        builder.gateway("exclusive", gateway)
    builder.gateway("exclusive", "much", default="little")
    builder.gateway("exclusive", "decide")
    builder.chain("start", "again", "prepare", "much")
    builder.flow("much", "legal", "deal.amount > 500000")
    builder.flow("much", "on", flow_id="little")
    builder.chain("legal", "decide")
    builder.flow("decide", "on", when("approved", "legal"), "ok")
    builder.flow("decide", "again", when("returned|rejected", "legal"), "rework")
    builder.chain("on", "terms", "sign", "won")
    return with_steps(builder, {"legal": ApprovalRule(mode="all")}, variables={"deal", "legal_outcome"})


def test_an_approval_that_one_gave_and_another_returned_is_none_that_was_given(office: Office) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.legal.id))
    office.publish(returned_by_legal())
    deal = office.open_deal(amount=Decimal("990000.00"))
    office.prepare()
    logins = {office.company.iryna.id: "iryna", office.company.danylo.id: "danylo"}
    one, other = office.open_steps()
    office.complete(logins[one.assignee_id or 0], "legal", "approved", work_item_id=one.id)
    office.complete(logins[other.assignee_id or 0], "legal", "returned", comment="Дорого", work_item_id=other.id)
    office.do("olena", update_deal, deal.id, {"amount": Decimal("90000.00")})
    office.prepare()
    assert open_elements(office) == ["terms"]
    with pytest.raises(ApprovalSpared):
        office.do("olena", update_deal, deal.id, AMOUNT)


def each_position(*, sequential: bool) -> CompiledProcess:
    """For each of two positions: terms → legal; then sign."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    with builder.scope("each", builder.multi_instance("each", sequential=sequential, cardinality="2")):
        builder.chain(builder.start("in"), builder.step("terms"), builder.step("legal"), builder.end("out"))
    builder.chain("start", builder.step("prepare"), "each", builder.step("sign"), "won")
    return with_steps(builder)


def asked_for_again() -> CompiledProcess:
    """Beside the preparation, whoever asks for it gets the terms and then the approval."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    with builder.event_scope("asked_for"):
        builder.start("wish", builder.message("wish", "Прохання"), interrupting=False)
        builder.chain("wish", builder.step("terms"), builder.step("legal"), builder.end("out"))
    builder.chain("start", builder.step("prepare"), builder.step("sign"), "won")
    return with_steps(builder)


def called_twice() -> CompiledProcess:
    """The same map, terms and then legal, is called for the discount and for the contract; then sign."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    with builder.called("approval"):
        builder.chain(builder.start("in"), builder.step("terms"), builder.step("legal"), builder.end("out"))
    calls = [builder.call(call, "approval") for call in ("discount", "contract")]
    builder.chain("start", builder.step("prepare"), *calls, builder.step("sign"), "won")
    return with_steps(builder)


def with_steps(
    builder: MapBuilder, rules: Mapping[str, ApprovalRule] | None = None, *, variables: Collection[str] = ()
) -> CompiledProcess:
    built = builder.build(variables=variables)
    known = naming({"legal": SUM}, rules).steps
    steps = {name: known[name] for name in ("prepare", "legal", "finance", "sign") if f'"{name}"' in built.executable}
    steps["terms"] = human("terms", "Узгодити умови", "Відділ продажів", STAGES[1])
    return built.model_copy(update={"steps": steps, "content_hash": f"{built.content_hash[:40]}{hash_of(steps)}"})


def terms(office: Office) -> None:
    office.complete(
        "olena", "terms", work_item_id=next(one.id for one in office.open_steps() if one.name == "Узгодити умови")
    )


@pytest.mark.parametrize("sequential", [True, False])
def test_what_was_approved_for_one_position_is_not_kept_for_the_next(office: Office, sequential: bool) -> None:
    """Nothing that the approval is bound to tells one position from the other."""
    office.publish(each_position(sequential=sequential))
    office.open_deal()
    office.prepare()
    terms(office)
    office.complete("iryna", "legal", "approved")
    terms(office)
    assert open_elements(office) == ["legal"]
    office.complete("iryna", "legal", "returned", comment="Не так")
    assert open_elements(office) == ["sign"]


def test_what_was_approved_at_one_request_is_not_kept_for_the_next(office: Office) -> None:
    office.publish(asked_for_again())
    deal = office.open_deal()
    for _ in range(2):
        send_message(
            office.database,
            "Прохання",
            {"deal_number": deal.number},
            {},
            actor=office.actor("olena"),
            clock=office.clock,
        )
        terms(office)
        office.complete("iryna", "legal", "approved")
    assert "approval_kept" not in office.kinds(deal)


def test_what_was_approved_at_one_call_of_a_map_is_not_kept_for_another(office: Office) -> None:
    office.publish(called_twice())
    deal = office.open_deal()
    office.prepare()
    for _ in range(2):
        terms(office)
        assert open_elements(office) == ["legal"]
        office.complete("iryna", "legal", "approved")
    assert open_elements(office) == ["sign"]
    assert "approval_kept" not in office.kinds(deal)


@pytest.mark.parametrize("positions", [True, False], ids=["positions", "calls"])
def test_what_one_of_several_was_approved_for_stays_while_another_is_returned(office: Office, positions: bool) -> None:
    office.publish(each_position(sequential=False) if positions else called_twice())
    deal = office.open_deal()
    office.prepare()
    terms(office)
    office.complete("iryna", "legal", "approved")
    terms(office)
    office.complete("iryna", "legal", "returned", comment="Не так")
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, AMOUNT)


def side_by_side_in_each(*, joined: bool = False) -> CompiledProcess:
    """For each of two positions at once: legal beside the terms, which may change the sum, and both meet; then sign.

    ``joined``: not so the terms, which stand beside the part with the positions, and both meet.
    """
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for step in ("prepare", "sign"):
        builder.step(step)
    with builder.scope("each", builder.multi_instance("each", cardinality="2")):
        builder.start("in")
        builder.end("out")
        builder.step("legal")
        if joined:
            builder.chain("in", "legal", "out")
        else:
            parting_with(builder, "in", "out", "legal")
    if joined:
        parting_with(builder, "prepare", "sign", "each")
        builder.chain("start", "prepare")
        builder.chain("sign", "won")
    else:
        builder.chain("start", "prepare", "each", "sign", "won")
    built = with_steps(builder)
    steps = {**built.steps, "terms": built.steps["terms"].model_copy(update={"fields": (AMOUNT_FIELD,)})}
    return built.model_copy(update={"steps": steps, "content_hash": f"{built.content_hash[:40]}{hash_of(steps)}"})


AMOUNT_FIELD = FieldDefinition(name="deal.amount", label="Сума", type=FieldType.MONEY)


def parting_with(builder: MapBuilder, before: str, behind: str, beside: str) -> None:
    builder.gateway("parallel", "part")
    builder.gateway("parallel", "meet")
    builder.chain(before, "part", beside, "meet", behind)
    builder.chain("part", builder.step("terms"), "meet")


def change_sum(office: Office, amount: str) -> None:
    item = next(one for one in office.open_steps() if one.element_id == "terms")
    office.complete("olena", "terms", work_item_id=item.id, values={"deal.amount": amount})


def approve_one(office: Office) -> None:
    item = next(one for one in office.open_steps() if one.element_id == "legal")
    office.complete("iryna", "legal", "approved", work_item_id=item.id)


@pytest.mark.parametrize("given", [1, 2])
def test_whoever_waits_in_a_run_is_asked_again_when_a_step_beside_changes_what_they_approved(
    office: Office, given: int
) -> None:
    office.publish(side_by_side_in_each())
    deal = office.open_deal()
    office.prepare()
    for _ in range(given):
        approve_one(office)
    change_sum(office, "990000")
    assert open_elements(office) == ["legal", "legal", "terms"]
    assert office.kinds(deal).count("approval_asked_again") == given
    for _ in range(2):
        approve_one(office)
    change_sum(office, "990000")
    assert open_elements(office) == ["sign"]


def test_a_part_that_waits_for_what_is_beside_it_is_gone_through_again(office: Office) -> None:
    office.publish(side_by_side_in_each(joined=True))
    deal = office.open_deal()
    office.prepare()
    for _ in range(2):
        approve_one(office)
    assert open_elements(office) == ["terms"]
    change_sum(office, "990000")
    assert open_elements(office) == ["legal", "legal"]
    for _ in range(2):
        approve_one(office)
    assert open_elements(office) == ["sign"]
    assert "approval_asked_again" in office.kinds(deal)


def silence_is_consent(*, around: bool) -> CompiledProcess:
    """prepare → legal, who have three days for it → sign; the three days are those of a part with ``around``."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    if around:
        with builder.scope("part"):
            builder.chain(builder.start("in"), builder.step("legal"), builder.end("out"))
    else:
        builder.step("legal")
    host = "part" if around else "legal"
    builder.boundary("silence", host, builder.timer("silence", after(days=3)))
    builder.gateway("exclusive", "on")
    builder.chain("start", builder.step("prepare"), host, "on", builder.step("sign"), "won")
    builder.chain("silence", "on")
    return with_steps(builder)


@pytest.mark.parametrize("deadlines", list(Deadlines))
@pytest.mark.parametrize("around", [False, True])
@pytest.mark.parametrize("ends", [False, True])
def test_a_pause_does_not_let_the_time_run_out_that_is_given_for_an_approval(
    office: Office, deadlines: Deadlines, around: bool, ends: bool
) -> None:
    office.publish(silence_is_consent(around=around))
    deal = office.open_deal()
    office.prepare()
    office.do("olena", cancel_deal if ends else suspend_deal, deal.id, "Відпустка")
    office.wait(days=10)
    if ends:
        office.do("olena", reopen_deal, deal.id, "Ні, купують", deadlines)
    else:
        office.do("olena", resume_deal, deal.id, deadlines)
    office.wait(hours=1)
    assert open_elements(office) == ["legal"]
    office.wait(days=4)
    assert open_elements(office) == ["sign"]
