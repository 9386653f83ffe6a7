"""One application answers many tests: of what it answered for one of them the next finds nothing."""

from __future__ import annotations

from pathlib import Path

from support.founded_offices import FoundedOffices
from support.office import Office
from support.web import Browser, shared_application, text_of

OF_THE_APPLICATION_ALONE = {"babel", "csrf", "limiter"}
"""They hold settings; tries are counted anew by `shared_application`."""


def test_the_next_test_finds_nothing_of_the_one_before(office: Office) -> None:
    app = shared_application(office)
    before = dict(app.extensions)
    assert shared_application(office) is app
    assert {name for name in before if app.extensions[name] is before[name]} == OF_THE_APPLICATION_ALONE


def test_it_answers_from_the_office_that_asked_for_it_last(
    founded: FoundedOffices, office: Office, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    with founded.at_work(f"sqlite:///{tmp_path / 'other' / 'reglament.sqlite'}") as other:
        other.open_deal(title="Тільки в одній")
        assert "Тільки в одній" in text_of(Browser(shared_application(other), "olena").get("/deals"))
        assert "Тільки в одній" not in text_of(Browser(shared_application(office), "olena").get("/deals"))


def test_other_settings_are_another_application(office: Office) -> None:
    app = shared_application(office)
    assert shared_application(office, FILE_MAX_MB="1") is not app
    assert shared_application(office) is app
