"""What a process does not do before anybody asks for it: each process of an installation would pay for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.running import environment

BUILT_AT_ONCE = 10
"""Models of the API, at most: a few are the default of a field of others."""
NOT_LOADED = "print(*[name for name in {names} if name in sys.modules])"
APPLICATION = """
from engine.clock import SystemClock
from engine.db.session import Database
from engine.settings import settings_from
from webui.app import create_app
database = Database(settings_from().database_url)
app = create_app(settings_from(), database, SystemClock())
"""


def told_by(program: str, var: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}"],
        env=environment(var),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("process", "unneeded"),
    [
        (
            "from webui.serving import web_server\n" + APPLICATION,
            ("openpyxl", "PIL", "fpdf", "docx", "phonenumbers", "icalendar", "holidays", "alembic"),
        ),
        ("from webui.serving import machinery", ("webui.app", "openpyxl", "phonenumbers", "alembic")),
        (
            "from webui.command_line import schedule\nfrom webui.serving import hints",
            ("webui.app", "tasks.jobs", "engine.model", "sqlalchemy", "psycopg", "pydantic"),
        ),
        ("from webui.command_line import running", ("webui.app", "flask", "celery", "alembic", "webui.demo.company")),
    ],
)
def test_a_process_loads_no_library_that_few_of_its_kind_need(
    process: str, unneeded: tuple[str, ...], tmp_path: Path
) -> None:
    assert told_by(f"{process}\n{NOT_LOADED.format(names=unneeded)}", tmp_path).split() == []


def test_no_call_is_described_and_no_model_of_the_api_is_built_before_one_is_asked_for(tmp_path: Path) -> None:
    program = f"""{APPLICATION}
from webui.api.models.values import Given, Told
def built(base):
    return sum(one.__pydantic_complete__ + built(one) for one in base.__subclasses__())
print(built(Given) + built(Told) <= {BUILT_AT_ONCE}, len(app.paths))
app.test_client().get("/api/v1/openapi.json")
print(built(Given) + built(Told) > 100, len(app.paths) > 100)
"""
    assert told_by(program, tmp_path).splitlines() == ["True 0", "True True"]


def test_a_database_that_is_up_to_date_is_found_so_without_alembic(sqlite_database_url: str, tmp_path: Path) -> None:
    program = f"""
from engine.db.session import Database
from webui.command_line.installation import bring_up_to_date
print(bring_up_to_date(Database({sqlite_database_url!r})))
print("alembic" in sys.modules)
"""
    assert told_by(program, tmp_path).split() == ["False", "False"]


def test_several_who_ask_first_and_at_once_are_told_the_whole_description(tmp_path: Path) -> None:
    program = f"""{APPLICATION}
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
ready = Barrier(4)
def ask(app):
    ready.wait()
    return app.test_client().get("/api/v1/openapi.json").get_json()
other = create_app(settings_from(), database, SystemClock())
with ThreadPoolExecutor(4) as people:
    first, *others = people.map(ask, [app, other, app, other])
print(all(one == first for one in others), len(first["paths"]) == len(app.paths) > 100)
"""
    assert told_by(program, tmp_path).split() == ["True", "True"]
