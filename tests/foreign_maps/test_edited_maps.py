"""Diagrams of other tools, edited in the table of steps: the edits are read back, and nothing else has changed."""

from __future__ import annotations

import pytest
from foreign_maps.verdicts import FOLDER, foreign_maps
from support.edited_files import canonical, without_extensions

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import StepDefinition
from engine.bpmn.writing import ElementNotInFile, apply_properties

EDITS = {
    "stage": 'Етап «1» & "2"',
    "deadline": "3 робочі дні",
    "responsible": "Юридичний відділ",
    "escalation": "нагадати за 4 роб. год; керівнику в строк",
    "instruction": "Рядок\nдругий <важливо>",
}


@pytest.mark.parametrize("name", foreign_maps())
@pytest.mark.timeout(30)
def test_edits_of_every_step_are_read_back_and_the_rest_is_kept(name: str) -> None:
    content = (FOLDER / name).read_bytes()
    before = compile_bpmn({name: content}).process
    if before is None:
        pytest.skip("nothing to edit: the map is refused")
    steps = {address_of(step): step for step in before.steps.values() if step.kind in ("user", "confirm", "approval")}
    edited = apply_properties(content, dict.fromkeys(steps, EDITS))
    after = compile_bpmn({name: edited}).process
    assert after is not None
    assert {*after.steps} == {*before.steps}
    for step in steps.values():
        ensure_edited(after.steps[step.element_id])
    assert without_extensions(edited, steps) == without_extensions(content, steps)
    cleared = apply_properties(edited, dict.fromkeys(steps, dict.fromkeys(EDITS)))
    assert canonical(cleared) == canonical(content)


def address_of(step: StepDefinition) -> str:
    return step.source_id or f":{step.line}"


def ensure_edited(step: StepDefinition) -> None:
    assert (step.stage, step.deadline_text) == (EDITS["stage"], EDITS["deadline"])
    assert (step.responsible, step.instruction) == ((EDITS["responsible"],), EDITS["instruction"])
    assert step.escalation is not None
    assert len(step.escalation.levels) == 2


def test_an_element_of_another_file_is_not_found() -> None:
    names = foreign_maps()
    if not names:
        pytest.skip(f"there are no foreign maps in {FOLDER}")
    with pytest.raises(ElementNotInFile):
        apply_properties((FOLDER / names[0]).read_bytes(), {"of another file": {"stage": "1"}})
