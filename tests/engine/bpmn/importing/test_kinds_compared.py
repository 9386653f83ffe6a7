"""A condition that takes a text for a number has no answer for any deal: it is told before one comes by."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, codes, element, flow, found, outcome_of

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.findings import Severity

CODE = "CONDITION_NEVER_HOLDS"
FIELDS = {"amount": "long", "note": "string", "urgent": "boolean", "visit": "date"}
OTHER_END = '<endEvent id="no" name="Відмова"/>'


def decided(condition: str, *between: str) -> CompileOutcome:
    fields = "".join(f"<camunda:formField id='{name}' type='{kind}'/>" for name, kind in FIELDS.items())
    form = f"<extensionElements><camunda:formData>{fields}</camunda:formData></extensionElements>"
    parts = (START, element("userTask", "ask", "Запитати", form), *between)
    gateway = element("exclusiveGateway", "g", "Рішення", default="g_end")
    way = ("start", "ask", "script", "g") if between else ("start", "ask", "g")
    outcome = outcome_of(
        *parts, gateway, OTHER_END, END, chain(*way), flow("g", "no", condition=condition) + flow("g", "end")
    )
    assert outcome.process is not None
    return outcome


@pytest.mark.parametrize(
    "condition",
    [
        'amount > "багато"',
        "note > 5",
        "note * 2 > 5",
        'urgent == "так"',
        "visit > 5",
        "deal.amount + deal.currency > 5",
        "ask_outcome > 5",
        "deal.note > 5",
        "urgent and note > 5",
        "=amount + 5",
    ],
)
def test_what_can_only_fail_is_told_with_what_it_reads(condition: str) -> None:
    told = found(decided(condition), CODE)
    assert (told.element_id, told.severity) == ("g_no", Severity.WARNING)
    assert condition.removeprefix("=") in told.params["text"]


def test_fields_are_told_by_what_people_call_them_and_the_condition_without_its_signs() -> None:
    form = "<extensionElements><camunda:formData><camunda:formField id='note' type='string' label='Примітка'/>"
    ask = element("userTask", "ask", "Запитати", f"{form}</camunda:formData></extensionElements>")
    gateway = element("exclusiveGateway", "g", "Рішення", default="g_end")
    ways = chain("start", "ask", "g") + flow("g", "no", condition="${note > 500}", flow_id="much") + flow("g", "end")
    less = flow("g", "no", condition="${note > 100}", flow_id="less")
    findings = outcome_of(START, ask, gateway, OTHER_END, END, ways, less).findings
    told = [dict(one.params) for one in findings if one.code == CODE]
    assert told == [{"text": f"note > {number}", "values": "Примітка"} for number in (500, 100)]


@pytest.mark.parametrize(
    "condition",
    [
        "amount > 5",
        'note == "так"',
        "urgent",
        "not urgent",
        'visit > "2026-01-01"',
        "visit > today",
        "deal.amount > 999999999999999",
        'deal.currency == "EUR" and amount / 0 > 1',
        "urgent or note > 5",
        "client.limit > 5",
        "number(note) > 5",
    ],
)
def test_nothing_is_told_of_what_can_hold_or_whose_kind_nobody_knows(condition: str) -> None:
    assert CODE not in codes(decided(condition))


def test_nothing_is_told_of_a_field_that_a_script_writes_as_well() -> None:
    script = element("scriptTask", "script", "Порахувати", "<script>note = amount * 2</script>")
    assert CODE not in codes(decided("note > 5", script))


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ('visit > date("30.03.2026")', 'date("30.03.2026")'),
        ("${visit > date('2026-02-30')}", 'date("2026-02-30")'),
        ('amount > 5 or visit - today > duration("2 дні")', 'duration("2 дні")'),
        ("visit > date(2026, 2, 30)", "date(2026, 2, 30)"),
        ('amount > number("1,5")', 'number("1,5")'),
    ],
)
def test_a_date_that_is_none_is_told(condition: str, value: str) -> None:
    told = found(decided(condition), "VALUE_UNREADABLE")
    assert (told.element_id, told.severity, told.params["value"]) == ("g_no", Severity.WARNING, value)


@pytest.mark.parametrize(
    "condition",
    [
        'visit > date("2026-03-30")',
        'visit - today > duration("-P2D")',
        "visit > date(note)",
        'amount > number("1.5")',
        'date(note) = date("2026-03-30")',
    ],
)
def test_a_date_that_is_one_or_may_be_is_told_nothing(condition: str) -> None:
    assert "VALUE_UNREADABLE" not in codes(decided(condition))


def test_a_date_that_a_script_assigns_is_looked_at() -> None:
    script = element("scriptTask", "script", "Порахувати", "<script>till = date('31.02.2026')</script>")
    assert found(decided("amount > 5", script), "VALUE_UNREADABLE").element_id == "script"
