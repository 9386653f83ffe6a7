from __future__ import annotations

from support.called_approval_maps import IN_TURN, upload
from support.drawn_maps import bag

from engine.bpmn.compiled import CompiledProcess
from engine.policy.reading_changes import read_otherwise


def read(said: str = "") -> CompiledProcess:
    process = upload(IN_TURN, said=said).process
    assert process is not None
    return process


def test_a_decision_that_a_person_always_made_does_not_follow_a_called_map_unseen() -> None:
    asking = read(bag(вирішує="ask"))
    (finding,) = read_otherwise(asking, read())
    assert (finding.code, finding.element_id) == ("STEP_READ_OTHERWISE", "decide")
    assert read_otherwise(read(), read()) == ()
    assert read_otherwise(read(), asking) == (), "to ask more is safe"
