"""Maps in which a deal waits, one for each kind of place at which it can, and the way to the wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from support.canonical_maps import MapBuilder, after, every
from support.drawn_maps import END, START, chain, drawn, element, step
from support.sales_map import DECIDE, human

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import ApprovalRule, CompiledProcess, StepKind, TimerKind, TimerRule

TOLD = "told"
"""Of a way: the message that the deal waits for comes."""


@dataclass(frozen=True, slots=True)
class Wait:
    """``drawn`` makes the map under a key. ``way``: the steps that lead to the wait, each an element or TOLD.

    "element: outcome" names an outcome, otherwise it is the first.
    """

    drawn: Callable[[str], CompiledProcess]
    way: tuple[str, ...] = ()


def _timer(builder: MapBuilder) -> tuple[str, ...]:
    return builder.catch("pause", builder.timer("pause", after(days=2))), builder.step("after")


def _timer_that_comes_again_and_again_beside_a_step(builder: MapBuilder) -> tuple[str, ...]:
    step = builder.step("work")
    builder.boundary("nag", step, builder.timer("nag", every(days=1)), interrupting=False)
    builder.chain("nag", builder.step("nagged"), builder.end("nagged_end"))
    return (step,)


def _timer_that_ends_a_step(builder: MapBuilder) -> tuple[str, ...]:
    gateway = builder.gateway("parallel", "split")
    step = builder.step("slow")
    builder.boundary("late", step, builder.timer("late", after(days=3)))
    builder.chain("late", builder.step("instead"), builder.end("late_end"))
    builder.chain(gateway, builder.catch("long", builder.timer("long", after(days=4))), builder.end("long_end"))
    return gateway, step


def _message(builder: MapBuilder) -> tuple[str, ...]:
    paid = builder.message("paid", "payment", {"number": "= deal.number"})
    return builder.catch("paid", paid), builder.step("ship")


def _message_beside_a_step(builder: MapBuilder) -> tuple[str, ...]:
    step = builder.step("talk")
    builder.boundary("called_off", step, builder.message("called_off", "call off"))
    builder.chain("called_off", builder.step("say_goodbye"), builder.end("off"))
    return (step,)


def _signal(builder: MapBuilder) -> tuple[str, ...]:
    return builder.catch("season", builder.signal("season")), builder.step("sell")


def _condition(builder: MapBuilder) -> tuple[str, ...]:
    return builder.catch("ready", builder.conditional("ready", 'deal.go = "yes"')), builder.step("go")


def _whichever_comes_first(builder: MapBuilder) -> tuple[str, ...]:
    gateway = builder.gateway("eventBased", "whichever")
    answer = builder.catch("answer", builder.message("answer", "answer"))
    builder.chain(gateway, builder.catch("silence", builder.timer("silence", after(days=5))), builder.end("quiet"))
    return gateway, answer, builder.step("read")


def _several_at_once_one_of_them_done(builder: MapBuilder) -> tuple[str, ...]:
    return builder.step("each", builder.multi_instance("each", cardinality="3")), builder.step("sum_up")


def _several_in_turn_one_of_them_done(builder: MapBuilder) -> tuple[str, ...]:
    turn = builder.step("turn", builder.multi_instance("turn", sequential=True, cardinality="3"))
    return turn, builder.step("sum_up")


def _loop_in_its_second_round(builder: MapBuilder) -> tuple[str, ...]:
    loop = builder.standard_loop("again", completion_condition='deal.go = "yes"')
    return builder.step("again", loop), builder.step("enough")


def _sub_process(builder: MapBuilder) -> tuple[str, ...]:
    with builder.scope("part"):
        builder.start("part_start")
        builder.chain("part_start", builder.step("inner"), builder.end("part_end"))
    builder.boundary("too_long", "part", builder.timer("too_long", after(days=30)))
    builder.chain("too_long", builder.end("given_up"))
    return "part", builder.step("outer")


def _called_map(builder: MapBuilder) -> tuple[str, ...]:
    with builder.called("inner_map"):
        builder.start("called_start")
        builder.chain("called_start", builder.step("called_step"), builder.end("called_end"))
    return builder.call("call", "inner_map"), builder.step("outer")


def _half_an_inclusive_join(builder: MapBuilder) -> tuple[str, ...]:
    ask, fork = builder.step("ask"), builder.gateway("inclusive", "fork", default="never")
    join, never = builder.gateway("inclusive", "join"), builder.end("never_end")
    for side in ("left", "right"):
        builder.flow(fork, builder.step(side), 'ask_outcome = "approved"')
        builder.flow(side, join)
    builder.flow(fork, never, flow_id="never")
    builder.flow(ask, fork)
    builder.flow("start", ask)
    builder.flow(join, "end")
    return ()


def _incident(builder: MapBuilder) -> tuple[str, ...]:
    step, gateway = builder.step("decide"), builder.gateway("exclusive", "which")
    builder.flow("start", step)
    builder.flow(step, gateway)
    builder.flow(gateway, "end", 'deal.go = "yes"')
    return ()


def _condition_beside_a_step(builder: MapBuilder) -> tuple[str, ...]:
    step = builder.step("negotiate")
    builder.boundary("large", step, builder.conditional("large", 'deal.go = "yes"'))
    builder.chain("large", builder.step("tell_the_head"), builder.end("large_end"))
    builder.boundary("hurried", step, builder.signal("hurry"))
    builder.chain("hurried", builder.step("hurry_up"), builder.end("hurried_end"))
    return (step,)


def _event_sub_process(builder: MapBuilder) -> tuple[str, ...]:
    with builder.event_scope("complaint"):
        builder.start("complained", builder.message("complained", "complaint"))
        builder.chain("complained", builder.step("answer"), builder.step("make_good"), builder.end("answered"))
    return builder.step("first"), builder.step("second")


def _event_sub_process_that_comes_again_and_again(builder: MapBuilder) -> tuple[str, ...]:
    with builder.scope("part"):
        builder.start("part_start")
        builder.chain("part_start", builder.step("inner"), builder.end("part_end"))
        with builder.event_scope("reminding"):
            builder.start("nag", builder.timer("nag", every(days=1)), interrupting=False)
            builder.chain("nag", builder.step("nagged"), builder.end("nagged_end"))
    return ("part",)


def _several_sub_processes_at_once_one_of_them_done(builder: MapBuilder) -> tuple[str, ...]:
    with builder.scope("each_part", builder.multi_instance("each_part", cardinality="3")):
        builder.start("part_start")
        builder.chain("part_start", builder.step("part_step"), builder.end("part_end"))
    return "each_part", builder.step("sum_up")


def _job_of_a_program(builder: MapBuilder) -> tuple[str, ...]:
    return builder.call_service("score", topic="score"), builder.step("use_the_score")


def _undoable(name: str) -> str:
    return (
        step(name)
        + element("boundaryEvent", f"{name}_event", "", "<compensateEventDefinition/>", attachedToRef=name)
        + element("userTask", f"undo_{name}", f"undo {name}", isForCompensation="true")
        + element("association", f"{name}_by", sourceRef=f"{name}_event", targetRef=f"undo_{name}")
    )


def _timer_of_a_date(builder: MapBuilder) -> tuple[str, ...]:
    rule = TimerRule(kind=TimerKind.DATE, expression='"2026-03-20"')
    return builder.catch("day", builder.timer("day", rule)), builder.step("after")


def _called_map_in_a_called_map(builder: MapBuilder) -> tuple[str, ...]:
    with builder.called("inner_map"):
        builder.start("called_start")
        with builder.called("innermost_map"):
            builder.start("deep_start")
            builder.chain("deep_start", builder.step("deep_step"), builder.end("deep_end"))
        builder.chain("called_start", builder.call("deeper", "innermost_map"), builder.end("called_end"))
    return builder.call("call", "inner_map"), builder.step("outer")


def _several_tokens_at_one_step(builder: MapBuilder) -> tuple[str, ...]:
    split, merge = builder.gateway("parallel", "split"), builder.gateway("exclusive", "merge")
    for side in ("left", "right"):
        builder.chain(split, builder.step(side), merge)
    builder.chain("start", split)
    builder.chain(merge, builder.step("both"), "end")
    return ()


def _sub_process_in_a_loop(builder: MapBuilder) -> tuple[str, ...]:
    with builder.scope("round", builder.standard_loop("round", completion_condition='deal.go = "yes"')):
        builder.start("round_start")
        builder.chain("round_start", builder.step("ask"), builder.step("write"), builder.end("round_end"))
    return "round", builder.step("enough")


_TWO_OF_THREE = (
    START,
    '<parallelGateway id="fork"/>',
    *(step(each) for each in ("left", "middle", "right")),
    element("complexGateway", "join", "", "<activationCondition>activationCount &gt;= 2</activationCondition>"),
    step("after"),
    END,
    chain("start", "fork"),
    *(chain("fork", each, "join") for each in ("left", "middle", "right")),
    chain("join", "after", "end"),
)
_AD_HOC = (
    START,
    element("adHocSubProcess", "talks", "Talks", step("phone") + step("write"), ordering="Sequential"),
    step("after"),
    END,
    chain("start", "talks", "after", "end"),
)
_COMPENSATION = (
    START,
    _undoable("book"),
    _undoable("pay"),
    step("decide"),
    element("intermediateThrowEvent", "undo", "", "<compensateEventDefinition/>"),
    END,
    chain("start", "book", "pay", "decide", "undo", "end"),
)
_TRANSACTION = (
    START,
    element(
        "transaction",
        "contract",
        "Contract",
        '<startEvent id="inner_start"/>'
        + _undoable("sign")
        + step("stamp")
        + element("endEvent", "off", "", "<cancelEventDefinition/>")
        + chain("inner_start", "sign", "stamp", "off"),
    ),
    element("boundaryEvent", "called_off", "", "<cancelEventDefinition/>", attachedToRef="contract"),
    step("say_sorry"),
    END,
    chain("start", "contract", "end"),
    chain("called_off", "say_sorry", "end"),
)
_SEVERAL_TRIGGERS = (
    START,
    element(
        "intermediateCatchEvent",
        "either",
        "Either",
        '<messageEventDefinition messageRef="m"/>'
        "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>",
    ),
    step("go_on"),
    END,
    chain("start", "either", "go_on", "end"),
)


def _built(drawing: Callable[[MapBuilder], tuple[str, ...]], *way: str) -> Wait:
    """``drawing`` draws what lies between start and end, and tells what of it is one behind the other."""

    def map_with(key: str) -> CompiledProcess:
        builder = MapBuilder(key=key)
        builder.start()
        builder.end()
        path = drawing(builder)
        if path:
            builder.chain("start", *path, "end")
        built = builder.build({"deal", "ask_outcome"})
        steps = {
            name: human(name, name, "власник угоди", "Етап").model_copy(
                update={"outcomes": step.outcomes, "process_key": step.process_key}
            )
            for name, step in built.steps.items()
        }
        return built.model_copy(update={"steps": steps})

    return Wait(map_with, way)


def _approved(rule: ApprovalRule, *way: str) -> Wait:
    """An approval by the three who sell, as ``rule`` says, and a step behind it."""
    plain = _built(lambda builder: (builder.step("approve"), builder.step("after")))

    def map_with(key: str) -> CompiledProcess:
        process = plain.drawn(key)
        told = {"kind": StepKind.APPROVAL, "outcomes": DECIDE, "approval": rule}
        approval = process.steps["approve"].model_copy(update={**told, "responsible": ("Відділ продажів",)})
        return process.model_copy(update={"steps": {**process.steps, "approve": approval}})

    return Wait(map_with, way)


def _uploaded(parts: tuple[str, ...], *way: str, around: str = "") -> Wait:
    """``parts`` come as a file, through the importer."""

    def map_with(key: str) -> CompiledProcess:
        outcome = compile_bpmn({"map.bpmn": drawn(*parts, around=around, key=key)})
        assert outcome.process is not None, outcome.findings
        return outcome.process

    return Wait(map_with, way)


WAITS: Mapping[str, Wait] = {
    "a timer": _built(_timer),
    "a timer that comes again and again beside a step": _built(_timer_that_comes_again_and_again_beside_a_step),
    "a timer that ends a step": _built(_timer_that_ends_a_step),
    "a message": _built(_message),
    "a message beside a step": _built(_message_beside_a_step),
    "a signal": _built(_signal),
    "a condition": _built(_condition),
    "whichever comes first": _built(_whichever_comes_first),
    "several at once, one of them done": _built(_several_at_once_one_of_them_done, "each"),
    "several in turn, one of them done": _built(_several_in_turn_one_of_them_done, "turn"),
    "a loop in its second round": _built(_loop_in_its_second_round, "again"),
    "a sub-process": _built(_sub_process),
    "a called map": _built(_called_map),
    "an inclusive join with one of two branches there": _built(_half_an_inclusive_join, "ask", "left"),
    "an incident": _built(_incident, "decide"),
    "a condition and a signal beside a step": _built(_condition_beside_a_step),
    "a step that an event sub-process may end": _built(_event_sub_process, "first"),
    "a step of an event sub-process": _built(_event_sub_process, "first", TOLD, "answer"),
    "an event sub-process that comes again and again": _built(_event_sub_process_that_comes_again_and_again),
    "several sub-processes at once, one of them done": _built(
        _several_sub_processes_at_once_one_of_them_done, "part_step"
    ),
    "a job of a program": _built(_job_of_a_program),
    "a complex join with one of two branches there": _uploaded(_TWO_OF_THREE, "middle"),
    "a step of an ad-hoc sub-process": _uploaded(_AD_HOC, "talks_choice: talks_which_to_phone"),
    "a step behind those that may be undone": _uploaded(_COMPENSATION, "book", "pay"),
    "a step that undoes another": _uploaded(_COMPENSATION, "book", "pay", "decide"),
    "a transaction with one of two steps done": _uploaded(_TRANSACTION, "sign"),
    "a timer of a date": _built(_timer_of_a_date),
    "a called map in a called map": _built(_called_map_in_a_called_map),
    "several tokens at one step": _built(_several_tokens_at_one_step, "left", "right"),
    "a loop of a sub-process in its second round": _built(_sub_process_in_a_loop, "ask", "write", "ask"),
    "several at once, two of them done": _built(_several_at_once_one_of_them_done, "each", "each"),
    "several in turn, two of them done": _built(_several_in_turn_one_of_them_done, "turn", "turn"),
    "an approval by two of three, given by one": _approved(ApprovalRule(mode="count", count=2), "approve"),
    "an approval by all of three, given by two": _approved(ApprovalRule(mode="all"), "approve", "approve"),
    "an approval by two of three in order, given by one": _approved(
        ApprovalRule(mode="count", count=2, in_order=True), "approve"
    ),
    "an approval by a list in order, given by the first": _approved(
        ApprovalRule(mode="list", approvers=("Юридичний відділ", "oksana", "petro"), in_order=True), "approve"
    ),
    "an approval by two of a list, given by one": _approved(
        ApprovalRule(mode="list", approvers=("iryna", "Фінансовий відділ", "petro"), at_least=2), "approve"
    ),
    "a message or a timer": _uploaded(_SEVERAL_TRIGGERS, around='<message id="m" name="answer"/>'),
}
