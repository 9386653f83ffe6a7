"""Times and counts that would stop every deal, or that every deal passes, are said at upload."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, codes, element, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.findings import Severity


def waiting(tag: str, text: str) -> CompileOutcome:
    timer = f"<timerEventDefinition><{tag}>{text}</{tag}></timerEventDefinition>"
    event = element("intermediateCatchEvent", "t", "Чекати", timer)
    return outcome_of(START, event, step("s"), END, chain("start", "t", "s", "end"))


def reminded(text: str) -> CompileOutcome:
    timer = f"<timerEventDefinition><timeCycle>{text}</timeCycle></timerEventDefinition>"
    event = element("boundaryEvent", "t", "Нагадати", timer, attachedToRef="s", cancelActivity="false")
    return outcome_of(START, step("s"), event, step("r"), END, chain("start", "s", "end"), chain("t", "r"))


def repeated(count: str) -> CompileOutcome:
    loop = f"<multiInstanceLoopCharacteristics><loopCardinality>{count}</loopCardinality>"
    task = element("userTask", "t", "Зустріч", f"{loop}</multiInstanceLoopCharacteristics>")
    return outcome_of(START, task, END, chain("start", "t", "end"))


def looped(maximum: str, **said: str) -> CompileOutcome:
    condition = "<loopCondition>x &lt; 3</loopCondition>"
    loop = element("standardLoopCharacteristics", "l", "", condition, loopMaximum=maximum, **said)
    field = '<extensionElements><reglament:field name="x" label="x" type="number"/></extensionElements>'
    task = element("userTask", "t", "Зустріч", field + loop)
    return outcome_of(START, task, END, chain("start", "t", "end"))


@pytest.mark.parametrize("text", ["P6Y", "P10Y", "P2000D", "3000 р.д."])
def test_a_timer_beyond_five_years_stands_against_publishing(text: str) -> None:
    finding = found(waiting("timeDuration", text), "TIMER_TOO_FAR")
    assert (finding.severity, finding.element_id, finding.params) == (Severity.ERROR, "t", {"text": text})


@pytest.mark.parametrize("text", ["P4Y", "P1800D", "1000 р.д."])
def test_a_long_timer_is_none_of_their_business(text: str) -> None:
    assert not codes(waiting("timeDuration", text)) & {"TIMER_TOO_FAR", "TIMER_NOT_UNDERSTOOD"}


def test_a_reminder_each_second_stands_against_publishing() -> None:
    assert found(reminded("R/PT1S"), "TIMER_TOO_FAST").severity is Severity.ERROR
    assert "TIMER_TOO_FAST" not in codes(reminded("R/PT1M"))


@pytest.mark.parametrize("text", ["2020-01-01T00:00:00", "01.01.2020", "9999-12-31T23:59:59Z"])
def test_one_date_for_all_deals_is_told(text: str) -> None:
    finding = found(waiting("timeDate", text), "TIMER_FIXED_DATE")
    assert (finding.severity, finding.params) == (Severity.WARNING, {"text": text})


@pytest.mark.parametrize("count", ["1000000000", "201", "-5", "${500}", "2.5", "= 0.5"])
def test_a_count_that_no_step_can_run_stands_against_publishing(count: str) -> None:
    assert found(repeated(count), "LOOP_COUNT_IMPOSSIBLE").severity is Severity.ERROR


@pytest.mark.parametrize("count", ["0", "=0", "${0}"])
def test_a_step_that_every_deal_passes_by_is_told(count: str) -> None:
    assert found(repeated(count), "LOOP_RUNS_NEVER").severity is Severity.WARNING


@pytest.mark.parametrize("count", ["1", "200", "=3", "3.0", "= count(lines)"])
def test_a_count_that_can_be_run_or_is_worked_out_later_is_taken(count: str) -> None:
    assert not codes(repeated(count)) & {"LOOP_COUNT_IMPOSSIBLE", "LOOP_RUNS_NEVER"}


@pytest.mark.parametrize("maximum", ["-1", "1.5", "${-2}"])
def test_a_bound_that_is_no_count_stands_against_publishing(maximum: str) -> None:
    """Every deal would stop behind the first run."""
    assert found(looped(maximum), "LOOP_COUNT_IMPOSSIBLE").severity is Severity.ERROR


@pytest.mark.parametrize("maximum", ["1", "1000", "= x + 1"])
def test_a_bound_that_is_a_count_is_taken(maximum: str) -> None:
    assert not codes(looped(maximum)) & {"LOOP_COUNT_IMPOSSIBLE", "LOOP_RUNS_NEVER"}


def test_a_bound_that_the_step_itself_asks_for_is_read_behind_its_first_run() -> None:
    outcome = looped("= x", testBefore="false")
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    assert run.open == ["t"]
    run.complete("t", x=1)
    assert run.last.finished


@pytest.mark.parametrize("test_before", ["true", "false"])
def test_a_bound_of_none_is_no_run_at_all(test_before: str) -> None:
    """Whatever the condition says, also where nobody has filled in yet what it reads."""
    outcome = looped("0", testBefore=test_before)
    assert found(outcome, "LOOP_RUNS_NEVER").severity is Severity.WARNING
    assert outcome.process is not None
    assert InstanceRun(outcome.process).last.finished


def for_each(attribute: str, text: str, kind: str = "number") -> CompileOutcome:
    """A step with the field ``given`` of ``kind`` before one that runs several times."""
    said = f'<extensionElements><reglament:field name="given" label="Дано" type="{kind}"/></extensionElements>'
    loop = element("multiInstanceLoopCharacteristics", "l", "", **{f"camunda:{attribute}": text})
    if attribute == "loopCardinality":
        loop = element("multiInstanceLoopCharacteristics", "l", "", element("loopCardinality", "c", "", text))
    tasks = element("userTask", "ask", "Запитати", said) + element("userTask", "t", "Зустріч", loop)
    return outcome_of(START, tasks, END, chain("start", "ask", "t", "end"))


@pytest.mark.parametrize(
    ("attribute", "text", "kind"),
    [
        ("collection", "5", "number"),
        ("collection", "${given}", "number"),
        ("collection", "= given", "text"),
        ("collection", "${deal.amount}", "number"),
        ("loopCardinality", "${given}", "text"),
        ("loopCardinality", "= [1, 2]", "number"),
    ],
)
def test_what_is_never_a_list_or_never_a_number_is_told(attribute: str, text: str, kind: str) -> None:
    code = "LOOP_LIST_MISTAKEN" if attribute == "collection" else "LOOP_NUMBER_MISTAKEN"
    finding = found(for_each(attribute, text, kind), code)
    assert (finding.element_id, finding.severity, finding.params) == ("t", Severity.WARNING, {"text": text})


@pytest.mark.parametrize(
    ("attribute", "text", "kind"),
    [
        ("collection", "${given}", "many"),
        ("collection", "${given}", "lines"),
        ("collection", "= [given]", "number"),
        ("collection", "${other}", "number"),
        ("loopCardinality", "${given}", "number"),
        ("loopCardinality", "= count(given)", "many"),
    ],
)
def test_what_may_be_one_is_not(attribute: str, text: str, kind: str) -> None:
    assert not codes(for_each(attribute, text, kind)) & {"LOOP_LIST_MISTAKEN", "LOOP_NUMBER_MISTAKEN"}
