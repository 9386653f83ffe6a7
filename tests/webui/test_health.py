"""What the health check's own thread leaves behind."""

from __future__ import annotations

from threading import Thread

import pytest

from webui.pages import health


def test_a_check_for_which_no_thread_could_be_made_does_not_silence_those_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questioner = health._Questioner()

    def refuse(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as crowded:
        crowded.setattr(Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            questioner.answer(lambda: 4)
    assert questioner.answer(lambda: 4) == 4
