from __future__ import annotations

import pytest

from engine.bpmn.writing import kept_readings
from engine.bpmn.writing.kept_readings import kept_by_content


def test_a_file_is_read_once_and_another_one_by_itself() -> None:
    asked: list[bytes] = []

    @kept_by_content
    def length(content: bytes) -> int:
        asked.append(content)
        return len(content)

    assert [length(one) for one in (b"map", b"another", b"map", b"map")] == [3, 7, 3, 3]
    assert asked == [b"map", b"another"]


def test_only_the_latest_files_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_readings, "_KEPT", 2)
    asked: list[bytes] = []

    @kept_by_content
    def length(content: bytes) -> int:
        asked.append(content)
        return len(content)

    for one in (b"a", b"b", b"a", b"c", b"a", b"b"):
        length(one)
    assert asked == [b"a", b"b", b"c", b"b"]


def test_what_failed_is_asked_again() -> None:
    answers = iter((ValueError, 3))

    @kept_by_content
    def length(_content: bytes) -> int:
        answer = next(answers)
        if isinstance(answer, int):
            return answer
        raise answer

    with pytest.raises(ValueError):  # noqa: PT011 (of the function itself)
        length(b"map")
    assert length(b"map") == 3
