"""Decisions by approvals: whose answers they hear, by what words. An approval is never passed by accident."""

from __future__ import annotations

import pytest
from support.decision_tables import dmn, table
from support.drawn_maps import (
    END,
    START,
    bag,
    chain,
    codes,
    compiled,
    drawn,
    element,
    fixture,
    flow,
    found,
    one_decision,
    outcome_of,
    step,
)
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import (
    CompiledProcess,
    OutcomeCondition,
    OutcomeKind,
    StepKind,
)
from engine.bpmn.findings import Severity

DEPARTMENTS = ("legal", "finance", "logistics")


@pytest.fixture
def sale() -> CompiledProcess:
    process = compile_bpmn(fixture(__file__, "three_approvals.bpmn")).process
    assert process is not None
    return process


def test_three_departments_decide_together_behind_their_join(sale: CompiledProcess) -> None:
    for flow_id, outcome in (("f_ok", "approved"), ("f_back", "returned"), ("f_no", "rejected")):
        condition = sale.conditions[flow_id]
        assert isinstance(condition, OutcomeCondition)
        assert (set(condition.steps), condition.outcomes) == (set(DEPARTMENTS), (outcome,))
    for department in DEPARTMENTS:
        outcomes = sale.steps[department].outcomes
        assert [(each.id, each.needs_reason) for each in outcomes] == [
            ("approved", False),
            ("returned", True),
            ("rejected", True),
        ]


def test_returned_offer_asks_all_three_departments_again(sale: CompiledProcess) -> None:
    run = InstanceRun(sale)
    run.complete("prepare")
    run.complete("legal", "returned")
    run.complete("finance", "approved")
    run.complete("logistics", "approved")
    assert run.open == ["prepare"]
    run.complete("prepare")
    assert run.open == sorted(DEPARTMENTS)
    for department in DEPARTMENTS:
        run.complete(department, "approved")
    assert run.open == ["sign"]


def test_one_rejection_wins_over_a_return(sale: CompiledProcess) -> None:
    run = InstanceRun(sale)
    run.complete("prepare")
    run.complete("legal", "rejected")
    run.complete("finance", "returned")
    run.complete("logistics", "approved")
    assert run.last.finished
    assert run.last.end_events == ("lost",)


def test_labels_without_conditions_become_the_buttons_of_the_step_before() -> None:
    process = compiled(*one_decision("Так", "Ні"))
    assert [(each.id, each.kind, each.label) for each in process.steps["t"].outcomes] == [
        ("way0", OutcomeKind.WAY, "Так"),
        ("way1", OutcomeKind.WAY, "Ні"),
    ]
    assert process.conditions["way1"] == OutcomeCondition(steps=("t",), outcomes=("way1",))


def test_an_arrow_without_a_label_is_called_by_where_it_leads() -> None:
    process = compiled(
        START,
        step("t", "Крок"),
        '<exclusiveGateway id="g"/>',
        step("a", "Знижка"),
        step("b", "Без знижки"),
        chain("start", "t", "g"),
        flow("g", "a"),
        flow("g", "b"),
    )
    assert [each.label for each in process.steps["t"].outcomes] == ["Знижка", "Без знижки"]


def test_no_button_is_without_a_label() -> None:
    process = compiled(*one_decision("", ""))
    assert [each.label for each in process.steps["t"].outcomes] == ["Завершити 1", "Завершити 2"]


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Погоджено", OutcomeKind.APPROVED),
        ("затверджено!", OutcomeKind.APPROVED),
        ("Approved", OutcomeKind.APPROVED),
        ("На доопрацювання", OutcomeKind.RETURNED),
        ("Rework", OutcomeKind.RETURNED),
        ("Відхилено", OutcomeKind.REJECTED),
        ("Не погоджено", OutcomeKind.REJECTED),
        ("Rejected by legal", OutcomeKind.REJECTED),
    ],
)
def test_words_of_an_approval_become_its_outcomes(label: str, kind: OutcomeKind) -> None:
    other = "Відхилено" if kind is OutcomeKind.APPROVED else "Погоджено"
    process = compiled(*one_decision(label, other))
    assert process.steps["t"].kind is StepKind.APPROVAL
    assert process.conditions["way0"] == OutcomeCondition(steps=("t",), outcomes=(kind,))


def test_yes_no_and_rework_behind_an_approval_are_understood_together() -> None:
    process = compiled(*one_decision("Так", "Ні", "На доопрацювання", said="так"))
    assert [process.conditions[f"way{number}"] for number in range(3)] == [
        OutcomeCondition(steps=("t",), outcomes=(kind,))
        for kind in (OutcomeKind.APPROVED, OutcomeKind.REJECTED, OutcomeKind.RETURNED)
    ]


def test_only_buttons_that_lead_somewhere_are_offered() -> None:
    process = compiled(*one_decision("Погоджено", "Відхилено"))
    assert [each.id for each in process.steps["t"].outcomes] == ["approved", "rejected"]


def test_yes_and_no_behind_a_declared_approval_mean_approved_and_not() -> None:
    process = compiled(*one_decision("Так", "Ні", said="так"))
    assert process.conditions["way0"] == OutcomeCondition(steps=("t",), outcomes=("approved",))
    assert process.conditions["way1"] == OutcomeCondition(steps=("t",), outcomes=("returned", "rejected"))


def behind_an_approval(question: str, *labels: str, name: str = "Погодити", **said: str) -> CompileOutcome:
    """An approval, and a decision named ``question`` with an arrow per label."""
    return outcome_of(
        START,
        step("t", name, погодження="будь-хто", **said),
        element("exclusiveGateway", "g", question),
        *(element("endEvent", f"end{number}", f"Кінець {number}") for number in range(len(labels))),
        chain("start", "t", "g"),
        *(flow("g", f"end{number}", label, flow_id=f"way{number}") for number, label in enumerate(labels)),
    )


@pytest.mark.parametrize(
    "question",
    [
        "Є зауваження?",
        "Відхилено?",
        "Не погоджено?",
        "Погоджено із зауваженнями?",
        "Повернути на доопрацювання?",
        "Потрібне додаткове погодження?",
        "Знижка понад 5 %?",
        "Any remarks?",
        "Approval denied?",
        "Not approved?",
        "Needs rework?",
        "Further approval required?",
        "Сума велика?",
        "Сума",
        "Договір підписано?",
        "Оплату прийнято?",
        "Клієнт згоден?",
        "Погоджено клієнтом?",
        "Погоджено директором?",
        "Рішення керівника",
        "Is the amount large?",
        "Payment accepted?",
        "Does the client agree?",
        "Approved by the manager?",
        "Stock available?",
        "Документи отримано?",
        "Оплату отримано?",
        "Дозвіл клієнта отримано?",
        "Умови виконано?",
        "Сума правильна?",
        "Signed?",
        "Goods received?",
        "Corrections?",
    ],
)
def test_a_rejection_does_not_go_by_no_where_something_else_is_asked(question: str) -> None:
    outcome = behind_an_approval(question, "Так", "Ні")
    assert found(outcome, "APPROVAL_IGNORED").element_id == "t"
    assert "APPROVAL_ROUTED" not in codes(outcome)


@pytest.mark.parametrize(
    "question",
    [
        "", "Погоджено?", "Додаткову угоду погоджено?", "Знижку понад 5 % погоджено?", "Погоджено без зауважень?",
        "Зауважень немає?", "Зауваження усунено?", "Усе гаразд?", "Approved?", "No objections?",
        "?", "Рішення", "Результат погодження", "Чи згодні?", "Підходить?", "Далі?", "Decision?", "Is it OK?",
        "Погодження отримано?", "Дозвіл надано?", "Завізовано?", "Усе правильно?", "Умови прийнятні?", "Годиться?",
        "Продовжуємо?", "Можна підписувати?", "Approval received?", "Is everything correct?", "Can we sign?",
    ],
)  # fmt: skip
def test_yes_is_approved_where_a_question_asks_for_that(question: str) -> None:
    outcome = behind_an_approval(question, "Так", "Ні")
    assert outcome.process is not None
    assert outcome.process.conditions["way0"] == OutcomeCondition(steps=("t",), outcomes=("approved",))


@pytest.mark.parametrize(
    ("question", "name", "said"),
    [
        ("Рішення керівника", "Знижка", {"відповідальний": "Керівник відділу продажу"}),
        ("Погоджено директором?", "Погодження директора", {}),
        ("Ніна погодила?", "Погоджує Ніна", {}),
        ("Ціна прийнятна?", "Погодити ціну", {}),
        ("Знижку клієнту погоджено?", "Погодити знижку клієнту", {}),
        ("Review successful?", "Review", {}),
        ("Legal OK?", "Погодити", {"відповідальний": "Юрист"}),
        ("Сума правильна?", "Перевірити суму", {}),
    ],
)
def test_a_question_may_speak_of_what_the_approval_is_called_by(question: str, name: str, said: dict[str, str]) -> None:
    outcome = behind_an_approval(question, "Так", "Ні", name=name, **said)
    assert outcome.process is not None
    assert outcome.process.conditions["way0"] == OutcomeCondition(steps=("t",), outcomes=("approved",))


def checked(question: str, *, back: str = "t", name: str = "Погодити договір") -> CompileOutcome:
    """An approval, and behind it a decision whose no leads ``back``."""
    prepare = step("prepare", "Підготувати договір")
    sign = step("sign", "Підписати договір")
    gate = element("exclusiveGateway", "g", question)
    late = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
    border = element("boundaryEvent", "late", "", late, attachedToRef="prepare") if back == "prepare" else ""
    ways = chain("start", "prepare", "t", "g") + flow("g", "sign", "Так", flow_id="yes") + chain("sign", "end")
    ways += flow("g", back, "Ні", flow_id="no") + (chain("late", "t") if border else "")
    return outcome_of(START, prepare, border, step("t", name, погодження="будь-хто"), gate, sign, END, ways)


@pytest.mark.parametrize(
    "question",
    ["Перевірено?", "Договір готовий?", "Договір перевірено?", "Усе готово?", "Checked?", "Reviewed?", "Ready?"],
)
@pytest.mark.parametrize("back", ["t", "prepare"])
def test_yes_is_approved_where_it_is_checked_or_ready_and_no_leads_to_the_approval_again(
    question: str, back: str
) -> None:
    outcome = checked(question, back=back)
    assert outcome.process is not None
    assert outcome.process.conditions["yes"] == OutcomeCondition(steps=("t",), outcomes=("approved",))
    assert not codes(outcome, Severity.ERROR) & {"APPROVAL_IGNORED"}
    run = InstanceRun(outcome.process)
    run.complete("prepare")
    run.complete("t", "rejected")
    assert run.open == [back]


@pytest.mark.parametrize(
    ("question", "back"),
    [
        ("Перевірено?", "sign"),
        ("Перевірено?", "end"),
        ("Договір готовий?", "end"),
        ("Рахунок готовий?", "t"),
        ("Клієнт готовий?", "t"),
        ("Перевірено з помилками?", "t"),
        ("Потрібно перевірити?", "t"),
        ("Договір не готовий?", "t"),
        ("Договір неготовий?", "t"),
        ("Готовий відхилити?", "t"),
        ("Any remarks reviewed?", "t"),
        ("Сума велика?", "t"),
    ],
)
def test_but_not_where_no_goes_on_or_something_else_is_ready(question: str, back: str) -> None:
    assert found(checked(question, back=back), "APPROVAL_IGNORED").element_id == "t"


@pytest.mark.parametrize(("back", "is_routed"), [("split", True), ("legal", False)])
def test_of_several_approvals_all_are_asked_again(back: str, is_routed: bool) -> None:
    outcome = outcome_of(
        START,
        *(step(one, one, погодження="будь-хто") for one in ("legal", "finance")),
        *(element("parallelGateway", one) for one in ("split", "join")),
        *(element("exclusiveGateway", one, name) for one, name in (("merge", ""), ("g", "Перевірено?"))),
        END,
        chain("start", "merge", "split", "legal", "join", "g") + chain("split", "finance", "join"),
        flow("g", "end", "Так", flow_id="yes") + flow("g", "merge" if back == "split" else "legal", "Ні"),
    )
    assert ("APPROVAL_ROUTED" in codes(outcome)) is is_routed


def test_a_question_about_something_else_is_told_with_what_to_do() -> None:
    finding = found(behind_an_approval("Сума велика?", "Так", "Ні"), "DECISION_ASKS_SOMETHING_ELSE")
    assert (finding.severity, finding.element_id, finding.params["steps"]) == (Severity.WARNING, "g", "Погодити")


def test_behind_a_decision_on_the_approval_another_question_is_asked() -> None:
    outcome = outcome_of(
        START,
        step("t", "Погодити", погодження="будь-хто"),
        element("exclusiveGateway", "given", "Погоджено?"),
        element("exclusiveGateway", "large", "Сума велика?"),
        *(element("endEvent", one) for one in ("refused", "big", "small")),
        chain("start", "t", "given"),
        flow("given", "refused", "Ні"),
        flow("given", "large", "Так"),
        flow("large", "big", "Так"),
        flow("large", "small", "Ні"),
    )
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    run.complete("t", "approved")
    (asked,) = run.open
    assert outcome.process.steps[asked].kind is StepKind.CHOICE
    assert not {"APPROVAL_IGNORED", "APPROVAL_PARTLY_IGNORED"} & codes(outcome)


@pytest.mark.parametrize(
    "labels",
    [
        ("Так, сума велика", "Ні"),
        ("Так", "Ні, сума мала"),
        ("Погоджено", "Погоджено із зауваженнями"),
        ("Погоджено із зауваженнями", "Погоджено"),
        ("Approved", "Approved with conditions"),
        ("Погоджено", "Так"),
        ("На доопрацювання", "Ні"),
        ("Так, є зауваження", "Ні, зауважень немає"),
        ("Погоджено: ні", "Погоджено: так"),
    ],
)
def test_labels_that_contradict_each_other_decide_nothing(labels: tuple[str, ...]) -> None:
    outcome = behind_an_approval("", *labels)
    assert found(outcome, "APPROVAL_IGNORED").element_id == "t"


def test_a_rejection_does_not_go_by_the_silent_arrow_that_an_approval_goes_by() -> None:
    outcome = behind_an_approval("", "На доопрацювання", "Далі")
    assert outcome.process is not None
    assert [each.id for each in outcome.process.steps["t"].outcomes] == ["approved", "returned"]
    assert outcome.process.conditions["way1"] == OutcomeCondition(steps=("t",), outcomes=("approved",))


def test_an_approval_whose_rejection_nobody_looks_at_is_an_error() -> None:
    outcome = outcome_of(START, step("t", "Погодити", погодження="усі"), END, chain("start", "t", "end"))
    finding = found(outcome, "APPROVAL_IGNORED")
    assert (finding.severity, finding.element_id, finding.element_name) == (Severity.ERROR, "t", "Погодити")


def test_a_condition_on_the_outcome_variable_hears_the_approval() -> None:
    outcome = outcome_of(
        START,
        step("t", "Погодити", погодження="усі"),
        '<exclusiveGateway id="g" default="no"/>',
        END,
        '<endEvent id="refused"/>',
        chain("start", "t", "g"),
        flow("g", "end", condition='t_outcome == "approved"', flow_id="yes"),
        flow("g", "refused", flow_id="no"),
    )
    assert outcome.process is not None
    assert "APPROVAL_IGNORED" not in codes(outcome)
    assert "t_outcome" in outcome.process.variables
    assert [each.id for each in outcome.process.steps["t"].outcomes] == ["approved", "returned", "rejected"]


RULES_TASK = (
    '<businessRuleTask id="rules" camunda:decisionRef="limit" camunda:resultVariable="way"'
    ' camunda:mapDecisionResult="singleEntry"/>'
)


def deciding_by_table(condition: str, *ways: str) -> CompileOutcome:
    """A table makes ``way`` of what the approval said; ``condition`` leads on at “g”, all else to a refusal."""
    rules = [('"approved"', '"on"'), ("-", '"back"')]
    limit = dmn(table([("t_outcome", "string")], ["way"], *rules, policy="FIRST"))
    diagram = drawn(
        START,
        step("t", "Погодити", погодження="усі"),
        RULES_TASK,
        '<exclusiveGateway id="g" default="no"/>',
        END,
        '<endEvent id="refused"/>',
        flow("g", "refused", flow_id="no"),
        *(ways or (chain("start", "t", "rules", "g"), flow("g", "end", condition=condition))),
    )
    return compile_bpmn({"map.bpmn": diagram, "way.dmn": limit})


def test_a_table_hears_an_approval_where_a_decision_reads_what_it_gives() -> None:
    heard = deciding_by_table('way == "on"')
    assert not {"APPROVAL_IGNORED", "APPROVAL_PARTLY_IGNORED"} & codes(heard)
    assert "APPROVAL_IGNORED" in codes(deciding_by_table("deal.amount > 5"))


def test_what_a_table_gives_is_read_too_late_by_a_decision_before_it() -> None:
    before = chain("start", "g"), flow("g", "t", condition='way == "on"'), chain("t", "rules", "end")
    assert "APPROVAL_IGNORED" in codes(deciding_by_table("", *before))


@pytest.mark.parametrize("between", [(), ("script",)], ids=["by a table", "by a script behind it"])
def test_an_approval_whose_answer_a_table_hands_on_is_passed_by_where_no_decision_reads_that(
    between: tuple[str, ...],
) -> None:
    ways = (
        '<exclusiveGateway id="large" default="small"/>',
        '<scriptTask id="script"><script>word = way</script></scriptTask>',
        chain("start", "t", "rules", *between, "large"),
        flow("large", "g", condition="deal.amount > 5"),
        flow("large", "end", flow_id="small"),
        flow("g", "end", condition='word == "on"' if between else 'way == "on"'),
    )
    outcome = deciding_by_table("", *ways if between else (ways[0], *ways[2:]))
    assert found(outcome, "APPROVAL_PARTLY_IGNORED").element_id == "t"
    assert "APPROVAL_IGNORED" not in codes(outcome)


def test_one_approval_of_three_without_a_word_for_it_is_never_passed_in_silence() -> None:
    outcome = outcome_of(
        START,
        '<parallelGateway id="fork"/>',
        step("a", "Юрист", погодження="так"),
        step("b", "Фінанси", погодження="так"),
        '<parallelGateway id="join"/>',
        step("next", "Підписати"),
        END,
        chain("start", "fork", "a", "join", "next", "end"),
        chain("fork", "b", "join"),
    )
    ignored = {each.element_id for each in outcome.findings if each.code == "APPROVAL_IGNORED"}
    assert ignored == {"a", "b"}


def test_an_approval_that_only_some_paths_look_at_is_a_warning() -> None:
    outcome = outcome_of(
        START,
        step("t", "Погодити", погодження="усі"),
        '<exclusiveGateway id="size" default="small"/>',
        '<exclusiveGateway id="g"/>',
        END,
        '<endEvent id="no"/>',
        chain("start", "t", "size"),
        flow("size", "g", condition="deal.amount > 100"),
        flow("size", "end", flow_id="small"),
        flow("g", "end", "Погоджено"),
        flow("g", "no", "Відхилено"),
    )
    assert found(outcome, "APPROVAL_PARTLY_IGNORED").element_id == "t"


def test_a_branch_beside_the_decision_does_not_bypass_the_approval() -> None:
    outcome = outcome_of(
        START,
        step("t", "Погодити", погодження="усі"),
        '<parallelGateway id="fork"/>',
        step("tell", "Повідомити"),
        '<endEvent id="told"/>',
        element("exclusiveGateway", "g", "", "", default="refused"),
        END,
        '<endEvent id="no"/>',
        chain("start", "t", "fork", "tell", "told"),
        chain("fork", "g"),
        flow("g", "end", condition='t_outcome == "approved"'),
        flow("g", "no", flow_id="refused"),
    )
    assert not codes(outcome) & {"APPROVAL_IGNORED", "APPROVAL_PARTLY_IGNORED"}


def test_approvals_inside_a_sub_process_decide_at_the_gateway_behind_it() -> None:
    inner = '<startEvent id="s2"/>' + step("a", "Юрист", погодження="так") + '<endEvent id="e2"/>'
    process = compiled(
        START,
        element("subProcess", "sub", "Погодження", inner + chain("s2", "a", "e2")),
        '<exclusiveGateway id="g"/>',
        END,
        '<endEvent id="no"/>',
        chain("start", "sub", "g"),
        flow("g", "end", "Погоджено", flow_id="ok"),
        flow("g", "no", "Відхилено", flow_id="refused"),
    )
    assert process.conditions["refused"] == OutcomeCondition(steps=("a",), outcomes=("rejected",))


def test_labels_behind_a_join_of_plain_steps_make_all_of_them_approvals() -> None:
    process = compiled(
        START,
        '<parallelGateway id="fork"/>',
        step("a", "Юрист"),
        step("b", "Фінанси"),
        '<parallelGateway id="join"/>',
        '<exclusiveGateway id="g"/>',
        END,
        '<endEvent id="no"/>',
        chain("start", "fork", "a", "join", "g"),
        chain("fork", "b", "join"),
        flow("g", "end", "Погоджено", flow_id="ok"),
        flow("g", "no", "Відхилено", flow_id="refused"),
    )
    condition = process.conditions["refused"]
    assert isinstance(condition, OutcomeCondition)
    assert set(condition.steps) == {"a", "b"}
    assert {process.steps["a"].kind, process.steps["b"].kind} == {StepKind.APPROVAL}


def test_a_multiple_approval_without_a_count_is_an_approval_by_all() -> None:
    task = element("userTask", "t", "Погодити", bag(погодження="усі") + "<multiInstanceLoopCharacteristics/>")
    outcome = outcome_of(
        START,
        task,
        '<exclusiveGateway id="g"/>',
        END,
        '<endEvent id="no"/>',
        chain("start", "t", "g"),
        flow("g", "end", "Погоджено"),
        flow("g", "no", "Відхилено"),
    )
    assert outcome.process is not None
    assert outcome.process.loops == {}
    assert "APPROVAL_BY_ALL" in codes(outcome)
