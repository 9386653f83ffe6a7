"""Uploads that were damaged at random: findings, never a traceback, never accepted and then stuck.

The environment's MUTATED_UPLOADS raises the number.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest
from support.foreign_walk import walk_to_an_end

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.finding_texts import message_template, remedy_template

HERE = Path(__file__).parent
FOREIGN = Path(__file__).resolve().parents[4].parent / "shared" / "bpmn"
COUNT = int(os.environ.get("MUTATED_UPLOADS", "200"))
MAY_STOP = {"MAY_DEADLOCK", "MAY_NEVER_END", "LOOP_WITHOUT_WAIT", "NO_DEFAULT"}
SEEDS = sorted(HERE.glob("*.bpmn")) + sorted(path for path in FOREIGN.glob("*.bpmn") if path.stat().st_size < 40_000)
TAGS = (
    b"task userTask serviceTask scriptTask receiveTask callActivity subProcess transaction adHocSubProcess startEvent "
    b"endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent exclusiveGateway parallelGateway "
    b"inclusiveGateway eventBasedGateway complexGateway timerEventDefinition linkEventDefinition "
    b"compensateEventDefinition errorEventDefinition cancelEventDefinition standardLoopCharacteristics"
).split()


def mutated(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(MUTATIONS)(data, chance)
    return data


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + data[at + chance.randint(1, 200) :]


def _other_element(data: bytes, chance: random.Random) -> bytes:
    """One kind of element becomes another throughout: well-formed, but a different map."""
    return re.sub(rb"\b%s\b" % chance.choice(TAGS), chance.choice(TAGS), data)


def _swap_ids(data: bytes, chance: random.Random) -> bytes:
    ids = re.findall(rb'\bid="([^"]+)"', data)
    if not ids:
        return data
    one, other = chance.choice(ids), chance.choice(ids)
    return data.replace(b'Ref="%s"' % one, b'Ref="%s"' % other)


def _drop_element(data: bytes, chance: random.Random) -> bytes:
    found = re.findall(rb"<[\w:]+[^<>]*/>", data)
    return data.replace(chance.choice(found), b"", 1) if found else data


def _odd_value(data: bytes, chance: random.Random) -> bytes:
    values = re.findall(rb'="[^"]*"', data)
    odd = chance.choice((b'=""', b'="%(x)s"', b'="9999999999999"', b'="=1/0"', b'="${x.y}"', b'="Start"', b'="&#x26;"'))
    return data.replace(chance.choice(values), odd, 1) if values else data


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) or 1)
    piece = data[at : at + chance.randint(1, 300)]
    return data[:at] + piece * 3 + data[at:]


MUTATIONS = (_flip, _cut, _other_element, _other_element, _swap_ids, _swap_ids, _drop_element, _odd_value, _repeat)


@pytest.mark.parametrize("part", range(10))
def test_damaged_uploads_get_findings_and_no_traceback(part: int) -> None:
    chance = random.Random(part)  # noqa: S311  # repeatable damage, no secret
    for _ in range(COUNT // 10):
        path = chance.choice(SEEDS)
        outcome = compile_bpmn({path.name: mutated(path.read_bytes(), chance)})
        assert outcome.process is not None or outcome.findings
        for finding in outcome.findings:
            assert message_template(finding.code) % finding.params
            assert remedy_template(finding.code) % finding.params
            assert finding.code != "ENGINE_REFUSED", finding
        if outcome.process is not None:
            _ensure_that_it_runs(outcome.process, {each.code for each in outcome.findings})


def _ensure_that_it_runs(process: CompiledProcess, codes: set[str]) -> None:
    """A damaged map that was accepted comes to an end, unless it was said that it may not."""
    if codes & MAY_STOP:
        return
    assert walk_to_an_end(process).ended
