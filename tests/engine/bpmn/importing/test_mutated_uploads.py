"""Uploads that were damaged at random: findings, never a traceback, never accepted and then stuck.

The long form tries 100,000 in several processes, under the limits of the child process that uploads are read in.
"""

from __future__ import annotations

import re

import pytest
from faults.scorecard import Scorecard
from support.damaged_uploads import damaged, seeds
from support.upload_ordeal import Tried, try_in_processes, try_uploads

from engine.bpmn.compile_child import CPU_SECONDS, MEMORY_BYTES

SERIES = 4
QUICK, FULL = 400, 100_000
MEBIBYTE = 1 << 20


@pytest.mark.timeout(3_600)
def test_damaged_uploads_get_findings_and_no_traceback(full: bool, scorecard: Scorecard) -> None:
    tried = try_in_processes(SERIES, FULL) if full else try_uploads(SERIES, range(QUICK), walk_each=2)
    assert not tried.failures, "\n".join(tried.failures)
    assert tried.uploads == (FULL if full else QUICK)
    assert tried.uploads * 0.2 < tried.accepted < tried.uploads * 0.8, "damage that is never noticed, or always fatal"
    assert tried.slowest < CPU_SECONDS
    if full:
        assert tried.peak < MEMORY_BYTES / MEBIBYTE
        scorecard.passed(8, "any database", _told(tried), remark=_remark(tried))


def test_an_upload_can_be_made_again_from_its_number() -> None:
    assert [damaged(7, number) for number in range(20)] == [damaged(7, number) for number in range(20)]
    assert len({str(damaged(7, number)) for number in range(20)}) == 20


def test_damage_is_done_to_every_element_of_the_standard() -> None:
    drawn = "".join(content.decode("utf-8", "replace") for files in seeds() for content in files.values())
    assert len(set(re.findall(r"<(?:\w+:)?(\w+)[ />]", drawn))) > 90


def _told(tried: Tried) -> str:
    return f"{tried.uploads:,} uploads, {tried.accepted:,} accepted; 0 tracebacks, 0 over {CPU_SECONDS} s"


def _remark(tried: Tried) -> str:
    return f"slowest {tried.slowest:.2f} s of computing, at most {tried.peak:.0f} MiB"
