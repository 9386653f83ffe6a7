from __future__ import annotations

from functools import cache
from pathlib import Path

from support.sale_versions import NEXT_SALE, SALE, edited_sale

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import CompiledProcess, ExpressionCondition
from engine.bpmn.deadline_rules import WorkingTime
from engine.bpmn.version_changes import ChangeKind
from engine.bpmn.version_difference import Difference, Mark, Part, version_difference
from processes import shipped_sources

BROWSER = Path(__file__).parents[3] / "browser"


@cache
def compiled(content: bytes) -> CompiledProcess:
    process = compile_bpmn({"sale.bpmn": content}, library=shipped_sources()).process
    assert process is not None
    return process


def differences(old: bytes, new: bytes) -> tuple[Difference, ...]:
    return version_difference(compiled(old), compiled(new))


def told(old: bytes, new: bytes) -> dict[tuple[Part, str], Difference]:
    return {(one.part, one.now_id or one.before_id or one.name): one for one in differences(old, new) if one.is_told}


def test_the_same_file_differs_in_nothing() -> None:
    assert differences(SALE, SALE) == ()


def test_everything_edited_is_told_and_nothing_else() -> None:
    found = told(SALE, NEXT_SALE)
    assert set(found) == {
        (Part.STEP, "accept_lead"),
        (Part.STEP, "thank"),
        (Part.WAY, "b2b_discount"),
    }
    first = {change.kind: (change.before, change.now) for change in found[Part.STEP, "accept_lead"].changes}
    assert set(first) == {ChangeKind.NAME, ChangeKind.DEADLINE, ChangeKind.INSTRUCTION, ChangeKind.FIELDS}
    assert first[ChangeKind.DEADLINE] == (WorkingTime(seconds=4 * 3600), WorkingTime(days=1))
    (condition,) = found[Part.WAY, "b2b_discount"].changes
    assert isinstance(condition.now, ExpressionCondition)
    assert condition.now.text.endswith("discount > 7")


def test_an_added_step_says_between_which_it_stands_and_its_ways_go_without_saying() -> None:
    added = told(SALE, NEXT_SALE)[Part.STEP, "thank"]
    assert (added.mark, added.after, added.before) == (Mark.ADDED, ("Отримати передплату",), ("Відвантажити товар",))
    silent = {one.now_id for one in differences(SALE, NEXT_SALE) if not one.is_told}
    assert silent == {"b2b_21", "b2b_thanked"}


def test_a_removed_step_is_told_where_it_stood() -> None:
    found = told(NEXT_SALE, SALE)
    gone = found[Part.STEP, "thank"]
    assert (gone.mark, gone.now_id, gone.after) == (Mark.REMOVED, "", ("Отримати передплату",))


def test_steps_come_in_the_order_of_the_map() -> None:
    next_one = edited_sale(
        ('name="Відвантажити товар"', 'name="Відвантажити"'),
        ('name="Прийняти лід у роботу"', 'name="Взяти лід"'),
        ('name="Скласти комерційну пропозицію"', 'name="Скласти пропозицію"'),
    )
    assert [one.now_id for one in differences(SALE, next_one)] == ["accept_lead", "prepare_offer", "ship_goods"]


def test_a_step_drawn_anew_under_the_same_name_is_the_same_step() -> None:
    redrawn = edited_sale(("accept_lead", "Activity_1x2y3z"), once=False)
    assert told(SALE, redrawn) == {}
    late = redrawn.replace(
        'name="deadline" value="4 роб. год"'.encode(), 'name="deadline" value="6 роб. год"'.encode(), 1
    )
    (changed,) = told(SALE, late).values()
    assert (changed.before_id, changed.now_id, changed.mark) == ("accept_lead", "Activity_1x2y3z", Mark.CHANGED)


def test_an_answer_that_leads_to_another_step_is_told_with_both() -> None:
    next_one = edited_sale(
        (
            'id="b2b_changes" name="Клієнт просить змін" sourceRef="signed" targetRef="rework_needed"',
            'id="b2b_changes" name="Клієнт просить змін" sourceRef="signed" targetRef="offer_ready"',
        )
    )
    (way,) = told(SALE, next_one).values()
    (change,) = way.changes
    assert (way.part, change.kind, change.now) == (Part.WAY, ChangeKind.LEADS_TO, ("Знижка понад 5 %?",))


def test_a_changed_table_says_which_rule_was_and_is() -> None:
    files = {one.name: one.read_bytes() for one in BROWSER.glob("discount_limit.*")}
    changed = {name: content.replace(b"<text>3</text>", b"<text>4</text>") for name, content in files.items()}
    old, new = (compile_bpmn(one).process for one in (files, changed))
    assert old is not None
    assert new is not None
    (table,) = version_difference(old, new)
    (rule,) = table.changes
    assert (table.part, table.name, rule.kind, rule.element_id) == (Part.TABLE, "Межа знижки", ChangeKind.RULE, "1")
    assert (rule.before[2], rule.now[2]) == ("3", "4")


def test_timers_and_freedom_are_compared() -> None:
    next_one = edited_sale(
        (">3 р.д.<", ">5 р.д.<"),
        ('name="freedom" value="strict"', 'name="freedom" value="advised"'),
    )
    kinds = {change.kind for one in differences(SALE, next_one) for change in one.changes}
    assert {ChangeKind.TIMER, ChangeKind.FREEDOM} <= kinds
