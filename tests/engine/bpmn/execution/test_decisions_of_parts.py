"""What is decided in a part of a map that runs several times belongs to the run in which it was decided.

Whatever makes it run several times: a multi-instance, two tokens, an event that happens twice, two calls of one map.
"""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, bag, chain, compiled, drawn, element, flow, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import compile_bpmn
from engine.errors import MapFailed

BOTH = (
    '<startEvent id="in"/><parallelGateway id="ask"/><parallelGateway id="asked"/><exclusiveGateway id="decide"/>'
    '<endEvent id="yes"/><endEvent id="no"/>'
    + step("legal", approval="any")
    + step("finance", approval="any")
    + chain("in", "ask", "legal", "asked", "decide")
    + chain("ask", "finance", "asked")
    + flow("decide", "yes", "Погоджено")
    + flow("decide", "no", "Відхилено")
)
ASKED = (
    '<extensionElements><camunda:formData><camunda:formField id="asked" type="boolean"/></camunda:formData>'
    "</extensionElements>"
)
TWICE = "<multiInstanceLoopCharacteristics{}><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
# Not to be published any more, but executed where it was.
EACH_GOES_ON = element("exclusiveGateway", "{}", inner=bag(злиття="each"))


def ways(run: InstanceRun, *ends: str) -> list[str]:
    return [one.element_id for one in run.last.passed if one.element_id in ends]


def both_in_two_runs(run: InstanceRun) -> None:
    """One run is rejected, the other approved; both lead where they were decided to."""
    run.complete("legal", "rejected")
    run.complete("legal", "approved")
    run.complete("finance", "approved")
    assert ways(run, "yes", "no") == ["no"]
    run.complete("finance", "approved")
    assert ways(run, "yes", "no") == ["yes"]


def test_two_tokens_run_a_part_twice() -> None:
    part = element("subProcess", "part", "Погодження", BOTH)
    split = '<parallelGateway id="split"/><exclusiveGateway id="merge"/>'
    run = InstanceRun(
        compiled(
            START,
            END,
            split,
            part,
            step("one"),
            step("two"),
            chain("start", "split", "one", "merge", "part", "end"),
            chain("split", "two", "merge"),
        )
    )
    run.complete("one")
    run.complete("two")
    both_in_two_runs(run)


def test_an_event_that_happens_twice_begins_its_part_twice() -> None:
    start = '<startEvent id="in" isInterrupting="false"><messageEventDefinition messageRef="asked_for"/></startEvent>'
    part = element(
        "subProcess", "part", "Знижка", BOTH.replace('<startEvent id="in"/>', start), triggeredByEvent="true"
    )
    message = '<message id="asked_for" name="Прохання про знижку"/>'
    run = InstanceRun(compiled(START, END, step("one"), part, chain("start", "one", "end"), around=message))
    (listening,) = run.messages.values()
    run.deliver_to(listening)
    run.deliver_to(listening)
    both_in_two_runs(run)


def test_two_calls_of_one_map_at_once() -> None:
    called = f'<process id="called" isExecutable="true">{BOTH}</process>'
    calls = element("callActivity", "first", calledElement="called")
    calls += element("callActivity", "second", calledElement="called")
    split = '<parallelGateway id="split"/><parallelGateway id="join"/>'
    ways_on = chain("start", "split", "first", "join", "end") + chain("split", "second", "join")
    outcome = compile_bpmn({"map.bpmn": drawn(START, END, split, calls, ways_on, around=called)}, process_key="sale")
    assert outcome.process is not None
    both_in_two_runs(InstanceRun(outcome.process))


def two_calls_in_turn(called: str) -> InstanceRun:
    """The same map is called for the discount, and then for the contract."""
    around = f'<process id="called" isExecutable="true">{called}</process>'
    calls = element("callActivity", "discount", calledElement="called")
    calls += element("callActivity", "contract", calledElement="called")
    parts = START, END, calls, step("between"), step("sign"), chain("start", "discount", "between", "contract", "sign")
    outcome = compile_bpmn({"map.bpmn": drawn(*parts, chain("sign", "end"), around=around)}, process_key="sale")
    assert outcome.process is not None
    return InstanceRun(outcome.process)


def test_what_one_call_was_approved_for_does_not_spare_another_the_question() -> None:
    """“Ask only who has not approved yet” means: in this call."""
    skip = '<startEvent id="in"/><exclusiveGateway id="asked" default="asked_legal"/><exclusiveGateway id="merge"/>'
    skip += '<exclusiveGateway id="decide"/><endEvent id="yes"/><endEvent id="no"/>' + step("legal", approval="any")
    skip += chain("in", "asked") + flow("asked", "merge", condition='${legal_outcome == "approved"}')
    skip += flow("asked", "legal") + chain("legal", "decide") + chain("merge", "yes")
    run = two_calls_in_turn(skip + flow("decide", "merge", "Погоджено") + flow("decide", "no", "Відхилено"))
    run.complete("legal", "approved")
    run.complete("between")
    assert run.open == ["legal"]


SOME = (
    '<startEvent id="in"/><inclusiveGateway id="ask" default="ask_asked"/><inclusiveGateway id="asked"/>'
    '<exclusiveGateway id="decide"/><endEvent id="yes"/><endEvent id="no"/>'
    + element("userTask", "prepare", inner=ASKED)
    + step("legal", approval="any")
    + chain("in", "prepare", "ask")
    + flow("ask", "legal", condition="${asked}")
    + flow("ask", "asked")
    + chain("legal", "asked", "decide")
    + flow("decide", "yes", "Погоджено")
    + flow("decide", "no", "Відхилено")
)


@pytest.mark.parametrize("answer", ["approved", "rejected"])
def test_an_approval_that_another_call_leaves_out_decides_nothing_there(answer: str) -> None:
    run = two_calls_in_turn(SOME)
    run.complete("prepare", asked=True)
    run.complete("legal", answer)
    run.complete("between")
    with pytest.raises(MapFailed) as failed:
        run.complete("prepare", asked=False)
    assert failed.value.params["problem_code"] == "NO_WAY_OPEN"


def test_what_is_called_by_a_map_that_is_called_twice_is_called_for_each_of_both() -> None:
    around = f'<process id="inner" isExecutable="true">{SOME}</process>'
    calls = '<startEvent id="begin"/><endEvent id="over"/>' + element("callActivity", "deep", calledElement="inner")
    run = two_calls_in_turn(calls + chain("begin", "deep", "over") + "</process>" + around.removesuffix("</process>"))
    run.complete("prepare", asked=True)
    run.complete("legal", "approved")
    run.complete("between")
    with pytest.raises(MapFailed):
        run.complete("prepare", asked=False)


def judged_behind(characteristics: str) -> InstanceRun:
    """Each of two positions is approved by a lawyer beside one approval of all; then the deal is decided."""
    inner = '<startEvent id="in"/><endEvent id="out"/>' + step("legal", approval="any") + chain("in", "legal", "out")
    each = element("subProcess", "each", "Кожна позиція", inner + characteristics)
    gateways = '<parallelGateway id="split"/><parallelGateway id="join"/><exclusiveGateway id="decide"/>'
    return InstanceRun(
        compiled(
            START,
            gateways,
            each,
            step("finance", approval="any"),
            '<endEvent id="yes"/><endEvent id="no"/>',
            chain("start", "split", "each", "join", "decide"),
            chain("split", "finance", "join"),
            flow("decide", "yes", "Погоджено"),
            flow("decide", "no", "Відхилено"),
        )
    )


def test_behind_all_runs_a_rejection_in_any_of_them_counts() -> None:
    for in_turn in ("", ' isSequential="true"'):
        run = judged_behind(TWICE.format(in_turn))
        run.complete("finance", "approved")
        run.complete("legal", "rejected")
        run.complete("legal", "approved")
        assert ways(run, "yes", "no") == ["no"], in_turn


def test_behind_a_part_that_two_tokens_run_each_goes_the_way_that_was_decided_in_its_run() -> None:
    inner = '<startEvent id="in"/><endEvent id="out"/>' + step("legal", approval="any") + step("file")
    inner += chain("in", "legal", "file", "out")
    part = element("subProcess", "part", "Погодження", inner)
    split = '<parallelGateway id="split"/><exclusiveGateway id="decide"/>' + EACH_GOES_ON.format("merge")
    run = InstanceRun(
        compiled(
            START,
            split,
            part,
            step("one"),
            step("two"),
            '<endEvent id="yes"/><endEvent id="no"/>',
            chain("start", "split", "one", "merge", "part", "decide"),
            chain("split", "two", "merge"),
            flow("decide", "yes", "Погоджено"),
            flow("decide", "no", "Відхилено"),
        )
    )
    run.complete("one")
    run.complete("two")
    run.complete("legal", "rejected")
    run.complete("legal", "approved")
    run.complete("file")
    assert ways(run, "yes", "no") == ["no"]
    run.complete("file")
    assert ways(run, "yes", "no") == ["yes"]


def test_what_another_run_was_approved_for_does_not_spare_this_one_the_question() -> None:
    """“Ask only who has not approved yet” means: in this run."""
    inner = (
        '<startEvent id="in"/><exclusiveGateway id="asked" default="asked_legal"/><endEvent id="out"/>'
        + step("prepare")
        + step("legal", approval="any")
        + chain("in", "prepare", "asked")
        + flow("asked", "out", condition='${legal_outcome == "approved"}')
        + flow("asked", "legal")
        + chain("legal", "out")
    )
    for in_turn in ("", ' isSequential="true"'):
        each = element("subProcess", "each", "Кожна позиція", inner + TWICE.format(in_turn))
        run = InstanceRun(compiled(START, END, each, chain("start", "each", "end")))
        run.complete("prepare")
        run.complete("legal", "approved")
        run.complete("prepare")
        assert run.open == ["legal"], in_turn


def test_a_value_of_another_run_does_not_decide_in_this_one() -> None:
    """Who fills in a discount of nothing for one position must not let the discount of another pass."""
    fill = element(
        "userTask",
        "fill",
        "Знижка",
        '<extensionElements><camunda:formData><camunda:formField id="discount" type="long"/></camunda:formData>'
        "</extensionElements>",
    )
    inner = (
        '<startEvent id="in"/><exclusiveGateway id="much" default="much_out"/><endEvent id="out"/>'
        + fill
        + step("check")
        + step("boss", approval="any")
        + chain("in", "fill", "check", "much")
        + flow("much", "boss", condition="${discount > 10}")
        + flow("much", "out")
        + chain("boss", "out")
    )
    each = element("subProcess", "each", "Кожна позиція", inner + TWICE.format(""))
    run = InstanceRun(compiled(START, END, each, chain("start", "each", "end")))
    run.complete("fill", discount=30)
    run.complete("fill", discount=0)
    run.complete("check")
    assert run.open == ["boss", "check"]


ASKS_PRICE = (
    '<extensionElements><camunda:formData><camunda:formField id="price" type="long"/></camunda:formData>'
    "</extensionElements>"
)


def priced(*more: str, called: bool = False) -> InstanceRun:
    """Two runs side by side; in each a price is filled in, and it is looked at whether it is high."""
    start, end = '<startEvent id="in"/>', '<endEvent id="out"/>'
    inner = "".join((start, element("userTask", "fill", "Ціна", ASKS_PRICE), end, *more))
    part = (
        element("callActivity", "each", "Кожна позиція", TWICE.format(""), calledElement="priced")
        if called
        else element("subProcess", "each", "Кожна позиція", TWICE.format("") + inner)
    )
    around = f'<process id="priced">{inner}</process>' if called else ""
    map_ = drawn(START, END, part, chain("start", "each", "end"), around=around)
    outcome = compile_bpmn({"a.bpmn": map_}, process_key="sale")
    assert outcome.process is not None, outcome.findings
    return InstanceRun(outcome.process)


HIGH = "<conditionalEventDefinition><condition>price &gt; 5</condition></conditionalEventDefinition>"


@pytest.mark.parametrize("called", [False, True])
def test_a_value_of_another_run_interrupts_nothing_in_this_one(*, called: bool) -> None:
    """The price of one position was high, and the work on all others was withdrawn."""
    handler = element(
        "subProcess",
        "handler",
        "",
        element("startEvent", "high", "", HIGH) + step("haggle") + chain("high", "haggle"),
        triggeredByEvent="true",
    )
    run = priced(step("order"), chain("in", "fill", "order", "out"), handler, called=called)
    run.complete("fill", price=9)
    assert run.open == ["fill", "haggle"]
    run.complete("fill", price=1)
    assert run.open == ["haggle", "order"]
    run.complete("haggle")
    run.complete("order")
    assert run.last.finished


def asks(name: str, loop: str = "") -> str:
    form = f'<camunda:formField id="{name}" type="string"/>'
    return f"<extensionElements><camunda:formData>{form}</camunda:formData></extensionElements>{loop}"


def collecting(result: str) -> str:
    """Two runs whose results become a list."""
    output = f'<zeebe:loopCharacteristics outputCollection="results" outputElement="={result}"/>'
    return TWICE.format("").replace("><loop", f"><extensionElements>{output}</extensionElements><loop")


def test_a_part_of_a_value_of_another_run_does_not_decide_in_this_one_either() -> None:
    """``lot.note`` of one run came along where another gave its ``lot.price``, and decided there."""

    inner = (
        '<startEvent id="in"/><exclusiveGateway id="bad" default="good_out"/><endEvent id="out"/>'
        + element("userTask", "note", "Оцінити", asks("lot.note"))
        + element("userTask", "price", "Ціна", asks("lot.price"))
        + step("boss")
        + chain("in", "note", "price", "bad")
        + flow("bad", "boss", condition='${lot.note == "погано"}')
        + flow("bad", "out", flow_id="good_out")
        + chain("boss", "out")
    )
    each = element("subProcess", "each", "Кожна позиція", TWICE.format("") + inner)
    run = InstanceRun(compiled(START, END, each, chain("start", "each", "end")))
    run.complete("note", by_name={"lot.note": "добре"})
    run.complete("note", by_name={"lot.note": "погано"})
    run.complete("price", by_name={"lot.price": "5"})
    assert run.open == ["price"], "the first is good"
    run.complete("price", by_name={"lot.price": "6"})
    assert run.open == ["boss"]


def test_a_part_that_is_written_outside_takes_no_other_part_into_a_run() -> None:
    """``lot.note`` was filled in beside the runs, and the price of one of them came along into the other."""
    inner = (
        '<startEvent id="in"/><exclusiveGateway id="much" default="low_out"/><endEvent id="out"/>'
        + element("userTask", "price", "Ціна", asks("lot.price"))
        + step("look")
        + step("boss")
        + chain("in", "price", "look", "much")
        + flow("much", "boss", condition='${lot.price == "9"}')
        + flow("much", "out", flow_id="low_out")
        + chain("boss", "out")
    )
    both = '<parallelGateway id="split"/><parallelGateway id="join"/>'
    each = element("subProcess", "each", "Кожна позиція", TWICE.format("") + inner)
    note = element("userTask", "note", "Примітка", asks("lot.note"))
    ways_on = chain("start", "split", "each", "join", "end") + chain("split", "note", "join")
    run = InstanceRun(compiled(START, END, both, each, note, ways_on))
    run.complete("price", by_name={"lot.price": "9"})
    run.complete("price", by_name={"lot.price": "1"})
    run.complete("note", by_name={"lot.note": "терміново"})
    run.complete("look")
    assert run.open == ["boss", "look"]
    run.complete("look")
    assert run.open == ["boss"]


def test_the_result_of_a_run_holds_no_part_of_another() -> None:
    inner = (
        '<startEvent id="in"/><endEvent id="out"/>'
        + element("userTask", "note", "Оцінити", asks("lot.note"))
        + element("userTask", "price", "Ціна", asks("lot.price"))
        + chain("in", "note", "price", "out")
    )
    each = element("subProcess", "each", "Кожна позиція", collecting("lot") + inner)
    run = InstanceRun(compiled(START, END, each, step("after", "Разом: ${results}"), chain("start", "each", "after")))
    run.complete("note", by_name={"lot.note": "добре"})
    run.complete("note", by_name={"lot.note": "погано"})
    run.complete("price", by_name={"lot.price": "5"})
    run.complete("price", by_name={"lot.price": "6"})
    expected = [{"note": "добре", "price": "5"}, {"note": "погано", "price": "6"}]
    assert run.last.variables["results"] == expected


def test_what_repeated_steps_gave_in_a_run_decides_in_that_run() -> None:
    """Three prices for each position: the list of one position decided for the other as well."""
    inner = (
        '<startEvent id="in"/><exclusiveGateway id="much" default="low_out"/><endEvent id="out"/>'
        + element("userTask", "price", "Ціна", asks("price", collecting("price")))
        + step("look")
        + step("boss")
        + chain("in", "price", "look", "much")
        + flow("much", "boss", condition='${results[1] == "9"}')
        + flow("much", "out", flow_id="low_out")
        + chain("boss", "out")
    )
    run = InstanceRun(
        compiled(START, END, element("subProcess", "each", "", TWICE.format("") + inner), chain("start", "each", "end"))
    )
    for price in ("9", "9", "1", "1"):
        run.complete("price", price=price)
    run.complete("look")
    assert run.open == ["boss", "look"]
    run.complete("look")
    assert run.open == ["boss"]


def test_what_was_filled_in_before_the_runs_counts_in_those_that_have_filled_in_nothing() -> None:
    first = element("userTask", "first", "Перша ціна", ASKS_PRICE)
    inner = (
        '<startEvent id="in"/><exclusiveGateway id="much" default="low_out"/><endEvent id="out"/><endEvent id="low"/>'
        + element("userTask", "fill", "Ціна", ASKS_PRICE)
        + '<parallelGateway id="both"/>'
        + step("look")
        + step("boss")
        + chain("in", "both", "fill", "out")
        + chain("both", "look", "much")
        + flow("much", "boss", condition="${price > 6}")
        + flow("much", "low", flow_id="low_out")
        + chain("boss", "out")
    )
    each = element("subProcess", "each", "Кожна позиція", inner + TWICE.format(""))
    run = InstanceRun(compiled(START, END, first, each, chain("start", "first", "each", "end")))
    run.complete("first", price=7)
    run.complete("fill", price=1)
    run.complete("look")
    assert run.open == ["fill", "look"], "one position has a price of its own"
    run.complete("look")
    assert run.open == ["boss", "fill"], "the other still has the first"


def test_a_script_counts_over_the_runs() -> None:
    count = element("scriptTask", "count", "", "<script>count = count + 1</script>")
    loop = (
        TWICE.format("")
        .replace("</multi", "<completionCondition>${count &gt;= 2}</completionCondition></multi")
        .replace(">2<", ">3<")
    )
    inner = '<startEvent id="in"/><endEvent id="out"/>' + step("work") + count + chain("in", "work", "count", "out")
    begin = element("scriptTask", "begin", "", "<script>count = 0</script>")
    each = element("subProcess", "each", "Кожна позиція", inner + loop)
    run = InstanceRun(compiled(START, END, begin, each, chain("start", "begin", "each", "end")))
    run.complete("work")
    assert run.open == ["work", "work"]
    run.complete("work")
    assert run.last.finished, "two of three were enough"


def test_each_line_of_a_script_sees_what_the_line_before_it_wrote_in_a_run() -> None:
    """The second line read what the run had kept before the script, and not what the first had made of it."""
    script = element("scriptTask", "count", "", "<script>price = 1\ntwice = price * 2</script>")
    run = priced(
        script,
        '<exclusiveGateway id="two" default="else_out"/>',
        step("right"),
        step("wrong"),
        chain("in", "fill", "count", "two"),
        flow("two", "right", condition="${twice == 2}"),
        flow("two", "wrong", flow_id="else_out"),
        chain("right", "out"),
        chain("wrong", "out"),
    )
    run.complete("fill", price=9)
    assert run.open == ["fill", "right"]


def test_another_round_beside_takes_nothing_from_the_runs_that_still_go_on() -> None:
    """What forgets the earlier round forgets it where the new one begins, and in no run of the one before."""
    inner = (
        '<startEvent id="in"/><exclusiveGateway id="way"/><exclusiveGateway id="on"/><endEvent id="out"/>'
        + element("userTask", "prepare", inner=ASKED)
        + step("legal", approval="any")
        + step("file")
        + chain("in", "prepare", "way")
        + flow("way", "legal", condition="${asked}")
        + flow("way", "on", condition="${not asked}")
        + chain("legal", "file", "on", "out")
    )
    gateways = EACH_GOES_ON.format("again") + '<parallelGateway id="split"/><parallelGateway id="join"/>'
    gateways += '<exclusiveGateway id="decide"/><parallelGateway id="both"/>'
    run = InstanceRun(
        compiled(
            START,
            gateways,
            element("subProcess", "part", "Погодження", inner + TWICE.format("")),
            step("finance", approval="any"),
            step("one"),
            step("two"),
            '<endEvent id="yes"/>',
            chain("start", "both", "one", "again", "split", "part", "join", "decide"),
            chain("both", "two", "again"),
            chain("split", "finance", "join"),
            flow("decide", "yes", "Погоджено"),
            flow("decide", "again", "На доопрацювання"),
        )
    )
    run.complete("one")
    for _ in range(2):
        run.complete("prepare", asked=True)
    run.complete("legal", "returned")
    run.complete("legal", "approved")
    run.complete("two")  # the second round begins beside the first
    run.complete("finance", "approved")
    for _ in range(2):
        run.complete("file")
    assert "decide_again" in {one.element_id for one in run.last.passed}
