"""What is decided by a value that is asked for only behind it stops every deal: the map's owner is told at upload."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.drawn_maps import END, START, bag, chain, codes, drawn, element, flow, found, outcome_of
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Severity
from engine.errors import MapFailed

SHIPPED = Path(__file__).parents[4] / "processes"
CODE = "CONDITION_READ_TOO_EARLY"
GATE = element("exclusiveGateway", "gate", "Велика угода?", default="gate_ask")
MESSAGE = '<message id="m" name="Відповідь клієнта"/>'


def ask(element_id: str, name: str, *fields: str, kind: str = "number", loop: str = "", **drawn_as: str) -> str:
    """A step with fields of one kind."""
    said = "".join(f'<reglament:field name="{one}" type="{kind}"/>' for one in fields)
    return element("userTask", element_id, name, f"<extensionElements>{said}</extensionElements>{loop}", **drawn_as)


ASK = ask("ask", "Запитати про кількість", "count")
BIG = element("userTask", "big", "Порадитися з керівником")


def gated(*before: str, condition: str = "count > 5", way: tuple[str, ...] = (), asks: str = ASK) -> CompileOutcome:
    """start → ``way``, which ``before`` draws → gate → big → end if ``condition`` holds, else → ask → end."""
    ways = chain("start", *way, "gate", "ask", "end") + flow("gate", "big", condition=f"${{{condition}}}")
    return outcome_of(START, *before, GATE, asks, BIG, END, ways, chain("big", "end"))


def is_told(outcome: CompileOutcome) -> bool:
    """Of a map that is executed."""
    assert outcome.process is not None
    return CODE in codes(outcome)


def repeated(condition: str, *, tested_before: bool) -> str:
    first = str(tested_before).lower()
    return (
        f'<standardLoopCharacteristics testBefore="{first}"><loopCondition>{condition}</loopCondition>'
        "</standardLoopCharacteristics>"
    )


def several(completion: str = "", count: str = "3") -> str:
    until = f"<completionCondition>{completion}</completionCondition>" if completion else ""
    return (
        f"<multiInstanceLoopCharacteristics><loopCardinality>{count}</loopCardinality>{until}"
        "</multiInstanceLoopCharacteristics>"
    )


def test_a_gateway_before_the_step_that_asks_is_told_with_all_names() -> None:
    told = found(gated(), CODE)
    assert (told.element_id, told.element_name, told.severity) == ("gate", "Велика угода?", Severity.WARNING)
    assert dict(told.params) == {
        "text": "${count > 5}",
        "values": "count",
        "steps": "Запитати про кількість",
        "empty": "count == null",
    }


@pytest.mark.parametrize(
    "condition",
    [
        "deal.count > 5",
        "deal.amount > 100000 and count > 5",
        "contains(count, 'ab')",
        "not (count > 5)",
    ],
)
def test_one_deal_that_would_stop_is_enough(condition: str) -> None:
    kind = "text" if "contains" in condition else "number"
    assert is_told(gated(condition=condition, asks=ask("ask", "Запитати", "count", kind=kind)))


@pytest.mark.parametrize("condition", ["vip", " vip ", "not vip", "!vip"])
def test_a_name_alone_is_told_as_well(condition: str) -> None:
    assert is_told(gated(condition=condition, asks=ask("ask", "Запитати", "vip", kind="yes_no")))


def test_so_is_a_condition_on_the_way_out_of_a_step() -> None:
    ways = chain("start", "call", "ask", "end") + flow("call", "big", condition="${vip}") + chain("big", "end")
    call, asks = element("userTask", "call", "Зателефонувати"), ask("ask", "Запитати", "vip", kind="yes_no")
    told = found(outcome_of(START, call, asks, BIG, END, ways), CODE)
    assert dict(told.params)["text"] == "${vip}"


@pytest.mark.parametrize(
    "condition",
    [
        "count == 5",  # of nothing it is no, and the deal goes on
        "count != null and count > 5",
        "count == null or count > 5",
        "deal.amount > 5",
        "client.size > 5",
    ],
)
def test_what_has_an_answer_for_nothing_or_reads_what_deals_bring_is_not_told(condition: str) -> None:
    assert not is_told(gated(condition=condition, asks=ask("ask", "Запитати", "count", "deal.amount", "client.size")))


def test_an_arrow_that_is_taken_while_nothing_is_there_guards_those_behind_it() -> None:
    ways = chain("start", "gate") + flow("gate", "big", condition="${count == null}")
    ways += (
        flow("gate", "ask", condition="${count > 5}") + flow("gate", "end") + chain("ask", "end") + chain("big", "end")
    )
    gate = element("exclusiveGateway", "gate", "Велика угода?", default="gate_end")
    assert not is_told(outcome_of(START, gate, ASK, BIG, END, ways))


BORDER = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
SERVICE = bag(connector="http", method="GET", url="https://bas.example/count", **{"result.count": "=body.count"})


@pytest.mark.parametrize(
    "before",
    [
        ask("early", "Дізнатися кількість", "count"),
        element("scriptTask", "early", "Порахувати", "<script>count = 7</script>"),
        element("serviceTask", "early", "Спитати BAS", SERVICE),
        element("serviceTask", "early", "Записати", bag(connector="fields", **{"set.count": "=7"})),
    ],
    ids=["step", "script", "answer", "fields"],
)
def test_what_is_given_before_is_not_told(before: str) -> None:
    assert not is_told(gated(before, way=("early",)))


def test_nor_is_what_one_of_the_ways_there_asks_for() -> None:
    parts = (
        START,
        element("userTask", "call", "Зателефонувати"),
        element("boundaryEvent", "late", "", BORDER, attachedToRef="call", cancelActivity="false"),
        ask("early", "Дізнатися кількість", "count"),
        GATE,
        ASK,
        BIG,
        END,
    )
    ways = chain("start", "call", "gate", "ask", "end") + chain("late", "early", "end")
    ways += flow("gate", "big", condition="${count > 5}") + chain("big", "end")
    assert not is_told(outcome_of(*parts, ways))


@pytest.mark.parametrize("waits", [True, False])
def test_nor_is_what_a_branch_beside_asks_for_unless_the_place_is_come_to_at_once(waits: bool) -> None:
    call = element("userTask", "call", "Зателефонувати") if waits else ""
    parts = (START, element("parallelGateway", "split"), ask("early", "Дізнатися", "count"), call, GATE, ASK, BIG, END)
    ways = chain("start", "split", *(["call"] if waits else []), "gate", "ask", "end") + chain("split", "early", "end")
    ways += flow("gate", "big", condition="${count > 5}") + chain("big", "end")
    assert is_told(outcome_of(*parts, ways)) is not waits


CONDITION = "<conditionalEventDefinition><condition>${deal.amount &gt; 5}</condition></conditionalEventDefinition>"


@pytest.mark.parametrize(
    "wait",
    [
        element("intermediateCatchEvent", "wait", "", CONDITION),
        element("intermediateThrowEvent", "wait", "", '<compensateEventDefinition activityRef="book"/>'),
    ],
    ids=["until a condition holds", "until what was done is undone"],
)
def test_nor_where_an_event_waits_on_the_way(wait: str) -> None:
    """Both were taken for events that happen at once."""
    undoing = (
        element("boundaryEvent", "undo", "", "<compensateEventDefinition/>", attachedToRef="book"),
        element("userTask", "unbook", "Скасувати бронь", isForCompensation="true"),
        '<association id="undoes" sourceRef="undo" targetRef="unbook"/>',
    )
    split, early = element("parallelGateway", "split"), ask("early", "Дізнатися", "count")
    ways = chain("start", "book", "split", "wait", "gate", "ask", "end") + chain("split", "early", "end")
    ways += flow("gate", "big", condition="${count > 5}") + chain("big", "end")
    parts = (START, element("userTask", "book", "Забронювати"), *undoing, split, early, wait, GATE, ASK, BIG, END)
    assert not is_told(outcome_of(*parts, ways))


def test_a_message_may_bring_the_value() -> None:
    catch = element("intermediateCatchEvent", "early", "Відповідь", '<messageEventDefinition messageRef="m"/>')
    ways = chain("start", "early", "gate", "ask", "end") + flow("gate", "big", condition="${count > 5}")
    parts = (START, catch, GATE, ASK, BIG, END, ways, chain("big", "end"))
    assert not is_told(compile_bpmn({"карта.bpmn": drawn(*parts, around=MESSAGE)}))


def test_a_message_may_open_the_deal_with_the_value() -> None:
    begin = element("startEvent", "start", "Заявка", '<messageEventDefinition messageRef="m"/>')
    ways = chain("start", "gate", "ask", "end") + flow("gate", "big", condition="${count > 5}")
    parts = (begin, GATE, ASK, BIG, END, ways, chain("big", "end"))
    assert not is_told(compile_bpmn({"карта.bpmn": drawn(*parts, around=MESSAGE)}))


def test_a_deal_that_a_person_opens_elsewhere_has_it_not() -> None:
    begin = element("startEvent", "letter", "Заявка", '<messageEventDefinition messageRef="m"/>')
    ways = (
        chain("start", "gate", "ask", "end") + flow("gate", "big", condition="${count > 5}") + chain("letter", "gate")
    )
    parts = (START, begin, GATE, ASK, BIG, END, ways, chain("big", "end"))
    assert is_told(compile_bpmn({"карта.bpmn": drawn(*parts, around=MESSAGE)}))


def beside(event: str, trigger: str, *, interrupting: bool, leads_to: tuple[str, ...] = ("ask",)) -> CompileOutcome:
    """start → call → gate, with an event on the border of the call that leads to the step that asks."""
    border = element(
        "boundaryEvent", event, "", trigger, attachedToRef="call", cancelActivity=str(interrupting).lower()
    )
    early = ask("early", "Дізнатися кількість", "count")
    parts = (START, element("userTask", "call", "Зателефонувати"), border, early if "early" in leads_to else "")
    ways = chain("start", "call", "gate", "ask", "end") + chain(event, *leads_to)
    ways += flow("gate", "big", condition="${count > 5}") + chain("big", "end")
    return compile_bpmn({"карта.bpmn": drawn(*parts, GATE, ASK, BIG, END, ways, around=MESSAGE)})


HEARD = '<messageEventDefinition messageRef="m"/>'


@pytest.mark.parametrize(
    ("trigger", "interrupting", "leads_to", "is_early"),
    [
        (BORDER, True, ("ask",), True),
        (BORDER, False, ("ask",), False),
        (BORDER, True, ("early", "gate"), False),
        (BORDER, True, ("gate",), True),
        (HEARD, True, ("ask",), True),
        (HEARD, True, ("end",), True),
        (HEARD, False, ("end",), False),
        (HEARD, True, ("gate",), False),
    ],
)
def test_what_an_event_on_a_border_leads_to_came_before_only_where_both_go_on_or_it_leads_back(
    trigger: str, interrupting: bool, leads_to: tuple[str, ...], is_early: bool
) -> None:
    outcome = beside("event", trigger, interrupting=interrupting, leads_to=leads_to)
    assert is_told(outcome) is is_early
    assert outcome.process is not None
    with pytest.raises(MapFailed):  # on the way that asks nobody it stops either way; what may have come is not told of
        InstanceRun(outcome.process).complete("call")


@pytest.mark.parametrize(("leads_to", "is_early"), [("gate", False), ("end", True)])
def test_so_does_what_was_done_in_a_part_that_an_event_ended(leads_to: str, is_early: bool) -> None:
    inner = element("startEvent", "in") + ask("early", "Дізнатися кількість", "count") + element("endEvent", "out")
    part = element("subProcess", "part", "Підготовка", inner + chain("in", "early", "out"))
    border = element("boundaryEvent", "late", "", BORDER, attachedToRef="part")
    which = element("exclusiveGateway", "which", "Як?")
    ways = chain("start", "which", "part", "ask", "end") + chain("late", leads_to) + chain("which", "gate", "ask")
    ways += flow("gate", "big", condition="${count > 5}") + chain("big", "part")
    assert is_told(outcome_of(START, which, part, border, GATE, ASK, BIG, END, ways)) is is_early


@pytest.mark.parametrize(("first", "is_early"), [("", True), ("call", False)])
def test_what_a_branch_beside_asks_for_comes_too_late_for_what_is_decided_at_once(first: str, is_early: bool) -> None:
    call = element("userTask", first, "Зателефонувати") if first else ""
    ways = chain("start", "split", *([first] if first else []), "gate", "end") + chain("split", "ask", "end")
    ways += flow("gate", "big", condition="${count > 5}") + chain("big", "ask")
    gate = element("exclusiveGateway", "gate", "Велика угода?", default="gate_end")
    split = element("parallelGateway", "split")
    assert is_told(outcome_of(START, split, call, gate, ASK, BIG, END, ways)) is is_early


@pytest.mark.parametrize("waits", [True, False])
def test_an_event_sub_process_may_ask_for_it_where_a_deal_stands_still_before(waits: bool) -> None:
    begin = element("startEvent", "heard", "", BORDER, isInterrupting="false")
    asks = ask("early", "Дізнатися кількість", "count")
    inner = begin + asks + element("endEvent", "told") + chain("heard", "early", "told")
    beside = element("subProcess", "beside", "Нагадування", inner, triggeredByEvent="true")
    way = ("call",) if waits else ()
    assert is_told(gated(beside, element("userTask", "call", "Зателефонувати") if waits else "", way=way)) is not waits


def test_a_gateway_inside_of_a_part_is_told_of_what_is_asked_behind_the_part() -> None:
    inner = (
        element("startEvent", "in")
        + element("exclusiveGateway", "gate", "Велика угода?", default="gate_out")
        + BIG
        + element("endEvent", "out")
        + chain("in", "gate", "out")
        + flow("gate", "big", condition="${count > 5}")
        + chain("big", "out")
    )
    part = element("subProcess", "part", "Підготовка", inner)
    told = outcome_of(START, part, ASK, END, chain("start", "part", "ask", "end"))
    assert found(told, CODE).element_id == "gate"


@pytest.mark.parametrize(
    "loop",
    [
        several(),
        several().replace(">", ' isSequential="true">', 1),
        "<standardLoopCharacteristics><loopCondition>${loopCounter == 1}</loopCondition></standardLoopCharacteristics>",
    ],
    ids=["side by side", "in turn", "loop"],
)
@pytest.mark.parametrize(("asked", "is_early"), [("behind", True), ("inside", True), ("on another way", False)])
def test_so_is_one_inside_of_runs_unless_an_earlier_run_may_ask(loop: str, asked: str, is_early: bool) -> None:
    inner = element("startEvent", "in") + GATE.replace("gate_ask", "gate_call") + BIG + element("endEvent", "out")
    inner += element("userTask", "call", "Зателефонувати") + flow("gate", "big", condition="${count > 5}")
    inner += chain("gate", "call")
    match asked:
        case "behind":
            inner += chain("in", "gate") + chain("call", "out") + chain("big", "out")
        case "inside":
            inner += ASK + chain("in", "gate") + chain("call", "ask", "out") + chain("big", "out")
        case _:
            inner += ASK + element("exclusiveGateway", "which", "Як?") + chain("in", "which", "gate")
            inner += chain("which", "ask", "out") + chain("call", "ask") + chain("big", "out")
    part = element("subProcess", "part", "Підготовка", loop + inner)
    way = chain("start", "part", *(["ask"] if asked == "behind" else []), "end")
    assert is_told(outcome_of(START, part, ASK if asked == "behind" else "", END, way)) is is_early


@pytest.mark.parametrize(
    ("loop", "own", "is_early"),
    [
        (repeated("${not done}", tested_before=True), True, True),
        (repeated("${not done}", tested_before=False), True, False),
        (repeated("${not done}", tested_before=False), False, True),
        (repeated("${loopCounter == 0 or not done}", tested_before=True), True, False),
        (several("${done}"), False, True),
        (several("${done}"), True, False),
        (several("${nrOfCompletedInstances >= 1 or done}"), False, False),
        (several("${nrOfCompletedInstances >= 2 or done}"), False, True),
        (several(count="${count}"), False, True),
    ],
)
def test_loops_are_told_where_their_own_step_asks_too_late(loop: str, own: bool, is_early: bool) -> None:
    """``own``: the step that runs several times asks for the value itself."""
    work = ask("work", "Опитати постачальника", *(["done"] if own else []), kind="yes_no", loop=loop)
    behind = ask("later", "Підсумувати", "done", kind="yes_no") + ask("ask", "Запитати про кількість", "count")
    outcome = outcome_of(START, work, behind, END, chain("start", "work", "later", "ask", "end"))
    assert is_told(outcome) is is_early


@pytest.mark.parametrize(
    ("rule", "is_early"),
    [("count > 5", True), ("activationCount >= 1 or count > 5", False), ("activationCount >= 2", False)],
)
def test_a_rule_of_a_complex_gateway_is_told_alike(rule: str, is_early: bool) -> None:
    text = rule.replace(">", "&gt;")
    meet = element("complexGateway", "meet", "Досить", f"<activationCondition>{text}</activationCondition>")
    parts = (START, element("parallelGateway", "split"), BIG, element("userTask", "call", "Зателефонувати"), meet)
    ways = chain("start", "split", "big", "meet", "ask", "end") + chain("split", "call", "meet")
    assert is_told(outcome_of(*parts, ASK, END, ways)) is is_early


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*/*.bpmn")), ids=lambda path: path.stem)
def test_the_shipped_maps_read_nothing_too_early(path: Path) -> None:
    library = {one.stem: one.read_bytes() for one in SHIPPED.glob("*/*.bpmn")}
    assert not is_told(compile_bpmn({path.name: path.read_bytes()}, library=library))
