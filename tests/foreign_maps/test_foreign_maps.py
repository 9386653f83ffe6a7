"""Diagrams drawn by others with other tools, unmodified: each runs, or its owner is told at which element it cannot."""

from __future__ import annotations

import pytest
from foreign_maps.verdicts import FOLDER, NO_FINGER_FOLLOWS, Verdict, foreign_maps, reachable, share, verdict_on
from support.canonical_maps import MapBuilder
from support.missing import in_ci

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.finding_texts import message_template, remedy_template
from engine.bpmn.findings import Finding

SLOWEST_S = 5.0
NAMES = foreign_maps()

# What fails while a deal runs must have been said when the map was uploaded.
FORETOLD_BY = {"STALLED": {"MAY_DEADLOCK"}, "NO_WAY_OPEN": {"NO_DEFAULT"}}


def test_the_foreign_maps_lie_beside_the_checkout() -> None:
    if NAMES:
        assert len(NAMES) >= 45
        return
    said = f"there are no foreign maps in {FOLDER}: whether other tools' drawings run is NOT tested"
    if in_ci():
        pytest.fail(said)
    pytest.skip(said)


@pytest.fixture(params=NAMES)
def verdict(request: pytest.FixtureRequest) -> Verdict:
    return verdict_on(request.param)


@pytest.mark.timeout(30)
def test_each_is_walked_to_an_end_with_every_step_done_or_refused_with_reasons(verdict: Verdict) -> None:
    assert verdict.seconds < SLOWEST_S
    if verdict.walked is None:
        ensure_refused_with_reasons(verdict.outcome)
        return
    assert verdict.walked.ends, "no walk came to an end"
    assert not verdict.never_done
    assert not verdict.walked.stuck
    said = {finding.code for finding in verdict.outcome.findings}
    for failure in verdict.walked.failures:
        assert FORETOLD_BY.get(str(failure.params["problem_code"]), set()) & said, failure.params


@pytest.mark.timeout(30)
def test_whatever_is_said_about_one_can_be_told_to_its_owner(verdict: Verdict) -> None:
    for finding in verdict.outcome.findings:
        assert_can_be_told(finding)


def test_every_map_that_a_finger_can_follow_runs_with_every_human_step_done() -> None:
    if not NAMES:
        pytest.skip(f"there are no foreign maps in {FOLDER}")
    assert {name for name in NAMES if not verdict_on(name).is_walked} <= set(NO_FINGER_FOLLOWS), share(NAMES)
    refused = {name: {one.code for one in verdict_on(name).errors} for name in set(NO_FINGER_FOLLOWS) & set(NAMES)}
    assert all(NO_FINGER_FOLLOWS[name] in codes for name, codes in refused.items()), refused


def test_a_step_behind_a_condition_that_is_never_true_cannot_be_reached() -> None:
    builder = MapBuilder()
    builder.start()
    builder.gateway("exclusive", "which", default="open")
    builder.step("done")
    builder.step("never")
    builder.end()
    builder.flow("start", "which")
    builder.flow("which", "done", flow_id="open")
    builder.flow("which", "never", "= 1 > 2")
    builder.chain("done", "end")
    builder.chain("never", "end")
    assert reachable(builder.build()) & {"done", "never"} == {"done"}


def ensure_refused_with_reasons(outcome: CompileOutcome) -> None:
    errors = [finding for finding in outcome.findings if finding.severity == "error"]
    assert errors
    for finding in errors:
        assert finding.line is not None
        assert finding.element_id is not None or not outcome.processes, "a map that was read has an element to name"
        assert len(remedy_template(finding.code)) > len("Nothing to do.")


def assert_can_be_told(finding: Finding) -> None:
    for template in (message_template(finding.code), remedy_template(finding.code)):
        assert template % finding.params
        assert "%(" not in template % finding.params
