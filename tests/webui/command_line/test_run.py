from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from support.forked_commands import reglament
from support.missing import found_or_skipped
from support.office import Office
from support.running import Running, environment, is_alive
from support.servers import PgBouncer, PostgreSQL

from engine.clock import SystemClock
from engine.db.job import Job, JobState
from engine.db.session import Database
from engine.model.notice import Notice
from engine.model.work_item import WorkItem


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False


def late_deal(database: Database) -> Office:
    """A deal whose first step passed its deadline weeks ago, while no server was there."""
    office = Office(database)
    office.publish()
    office.tell_at_any_hour()
    office.clock.set(SystemClock().now() - timedelta(days=30))
    office.open_deal()
    return office


def holders(database: Database) -> set[int | None]:
    with database.read() as session:
        return set(session.scalars(select(WorkItem.assignee_id)))


def undone(database: Database) -> int:
    with database.read() as session:
        jobs = session.scalar(select(func.count()).select_from(Job).where(Job.state != JobState.DONE)) or 0
        notices = session.scalar(select(func.count()).select_from(Notice).where(Notice.letter_id.is_(None))) or 0
    return jobs + notices


def settle(office: Office, database: Database) -> bool:
    return eventually(lambda: holders(database) == {office.company.bohdan.id} and undone(database) == 0)


def test_it_starts_from_nothing_answers_and_stops_cleanly(tmp_path: Path) -> None:
    with Running(tmp_path / "var", {"OIDC_ISSUER": "https://accounts.google.com"}) as server:
        server.wait_until_healthy()
        status, answer = server.health()
        assert (status, answer["status"], answer["database"]) == (200, "ok", "ok")
        assert answer["worker_age_s"] < 60
        assert f"http://127.0.0.1:{server.port}" in server.log
        assert f"REGLAMENT_VAR={server.var} " in server.log, "the administrator is added to this company"
        assert "reglament user add admin" in server.log
        assert "OIDC_CLIENT_ID is missing: without it nobody signs in by a company account." in server.log
        assert ((server.var / "secret_key").stat().st_mode & 0o777) == 0o600
        ensure_the_port_is_told_as_taken(server, tmp_path / "other")
        workers = server.children()
        assert server.press_ctrl_c() == 0
        assert "Traceback" not in server.log
        assert eventually(lambda: not any(is_alive(pid) for pid in workers))


def ensure_the_port_is_told_as_taken(server: Running, var: Path) -> None:
    """To a second server that would listen where this one does."""
    second = reglament("run", env=environment(var, PORT=str(server.port)))
    assert second.returncode == 1
    assert f"Port {server.port} is taken" in second.stderr
    assert "Traceback" not in second.stderr
    assert not var.exists()


def test_ctrl_c_while_it_still_prepares_ends_it_as_cleanly(tmp_path: Path) -> None:
    with Running(tmp_path / "var") as server:
        assert eventually((server.var / "reglament.sqlite").exists)  # it is being migrated
        assert server.press_ctrl_c() == 0
        assert "Reglament" not in server.log, "it was to be stopped before it served"
        assert "Traceback" not in server.log
        assert "Aborted" not in server.log


def test_sigterm_while_it_still_prepares_ends_it_as_cleanly(tmp_path: Path) -> None:
    with Running(tmp_path / "var") as server:
        assert eventually((server.var / "reglament.sqlite").exists)  # it is being migrated
        server.process.terminate()
        assert server.process.wait(timeout=40) == 0
        assert "Reglament" not in server.log, "it was to be stopped before it served"
        assert "Traceback" not in server.log


@pytest.mark.parametrize(
    ("command", "name", "said"),
    [
        ("run", "SMTP_URL", "SMTP_URL cannot be read."),
        ("web", "IMAP_URL", "IMAP_URL cannot be read."),
        ("worker", "TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN is no token of a bot."),
    ],
)
def test_a_setting_that_the_worker_cannot_use_is_told_before_anything_begins(
    command: str, name: str, said: str, tmp_path: Path
) -> None:
    redis = {"REDIS_URL": "redis://127.0.0.1:1/0"} if command == "worker" else {}
    told = reglament(command, env=environment(tmp_path / "var", **{name: "no such thing"}, **redis))
    assert told.returncode == 1
    assert said in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "var").exists()


def test_what_waited_for_a_start_is_done_and_a_killed_process_is_replaced_and_stopped_at_any_moment(
    sqlite_database_url: str, tmp_path: Path
) -> None:
    database = Database(sqlite_database_url)
    office = late_deal(database)
    with Running(tmp_path / "var", {"DATABASE_URL": sqlite_database_url}) as server:
        server.wait_until_healthy()
        assert settle(office, database), server.log
        assert "Letter to bohdan@example.com" in server.log
        ensure_a_killed_process_is_started_again_and_does_what_waits(server, office, database)
        ensure_ctrl_c_while_a_killed_process_is_replaced_is_not_lost(server)
    database.dispose()


def ensure_a_killed_process_is_started_again_and_does_what_waits(
    server: Running, office: Office, database: Database
) -> None:
    (killed,) = server.children()
    office.open_deal()
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: server.health()[0] == 200 and server.children() not in ([], [killed]))
    with database.write() as session:  # the dead process held leases: a minute passes
        session.execute(update(Job).values(lease_until=None))
    assert settle(office, database), server.log


def ensure_ctrl_c_while_a_killed_process_is_replaced_is_not_lost(server: Running) -> None:
    """The new process meets the signal in the first moments of its life."""
    (killed,) = server.children()
    os.kill(killed, signal.SIGKILL)
    while (begun := server.children()) in ([], [killed]):
        pass
    os.kill(begun[0], signal.SIGSTOP)
    os.killpg(server.process.pid, signal.SIGINT)
    os.kill(begun[0], signal.SIGCONT)
    assert server.process.wait(timeout=40) == 0
    assert f"Worker (pid:{begun[0]}) was sent SIGKILL" not in server.log
    assert "Traceback" not in server.log


@pytest.mark.postgres
def test_several_processes_on_postgresql_need_no_redis(postgresql_database_url: str, tmp_path: Path) -> None:
    database = Database(postgresql_database_url)
    office = late_deal(database)
    with Running(tmp_path / "var", {"DATABASE_URL": postgresql_database_url, "WEB_PROCESSES": "2"}) as server:
        server.wait_until_healthy()
        assert settle(office, database), server.log
        processes = server.children()
        assert len(processes) == 2
        letters = re.findall(r"Letter to .*", server.log)
        assert any("bohdan@example.com" in letter for letter in letters)
        assert len(set(letters)) == len(letters)  # both workers looked, one of them sent each
        os.kill(processes[0], signal.SIGKILL)
        assert eventually(lambda: processes[0] not in server.children() and len(server.children()) == 2)
        assert server.press_ctrl_c() == 0
        assert "Traceback" not in server.log
    database.dispose()


@pytest.mark.redis
def test_with_redis_worker_and_schedule_are_processes_that_start_and_stop_together(
    sqlite_database_url: str, redis_url: str, tmp_path: Path
) -> None:
    database = Database(sqlite_database_url)
    office = late_deal(database)
    with Running(tmp_path / "var", {"DATABASE_URL": sqlite_database_url, "REDIS_URL": redis_url}) as server:
        parts = parts_that_do_what_waits(server, office, database)
        assert server.press_ctrl_c() == 0
        assert eventually(lambda: not any(is_alive(pid) for pid in parts))
        assert "Traceback" not in server.log


@pytest.mark.redis
@pytest.mark.postgres
def test_parts_end_when_the_process_that_keeps_them_together_is_killed(
    postgresql_database_url: str, redis_url: str, tmp_path: Path
) -> None:
    database = Database(postgresql_database_url)
    office = late_deal(database)
    with Running(tmp_path / "var", {"DATABASE_URL": postgresql_database_url, "REDIS_URL": redis_url}) as server:
        parts = parts_that_do_what_waits(server, office, database)
        server.process.kill()
        server.process.wait()
        assert eventually(lambda: not any(is_alive(pid) for pid in parts))


def parts_that_do_what_waits(server: Running, office: Office, database: Database) -> list[int]:
    """The processes of a server with Redis when they have escalated a late deal and one of them was replaced."""
    server.wait_until_healthy()
    assert settle(office, database), server.log
    database.dispose()
    parts = server.children()
    os.kill(parts[-1], signal.SIGKILL)
    assert eventually(lambda: parts[-1] not in server.children() and len(server.children()) == len(parts))
    return server.children()


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_worker_and_schedule_alone_need_redis(command: str, tmp_path: Path) -> None:
    done = reglament(command, env=environment(tmp_path))
    assert done.returncode == 1
    assert "REDIS_URL is not set" in done.stderr


def test_a_port_that_is_no_number_is_told(tmp_path: Path) -> None:
    done = reglament("run", env=environment(tmp_path, PORT="http"))
    assert (done.returncode, done.stderr) == (1, "PORT must be a number, not “http”.\n")


def test_a_port_beyond_the_last_is_told_before_anything_begins(tmp_path: Path) -> None:
    done = reglament("run", env=environment(tmp_path, PORT="65536"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "127.0.0.1:65536 is no address of this machine.\n"


def test_no_port_at_all_is_told_since_nobody_would_learn_which_one_it_is(tmp_path: Path) -> None:
    done = reglament("run", env=environment(tmp_path, PORT="0"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "127.0.0.1:0 is no address of this machine.\n"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "crm", "DATABASE_URL must be of the form postgresql://user:password@host/name."),
        ("DATABASE_URL", "mysql://crm:secret@db/crm", "DATABASE_URL must be of the form"),
        ("DATABASE_URL", "postgresql+psycopg2://crm:secret@db/crm", "DATABASE_URL must be of the form"),
        ("DATABASE_URL", "postgresql://crm:secret@db:port/crm", "DATABASE_URL must be of the form"),
        ("REDIS_URL", "cache:6379", "REDIS_URL must be of the form redis://host:6379/0."),
        ("REDIS_URL", "amqp://guest:secret@queue", "REDIS_URL must be of the form"),
        ("REDIS_URL", "redis://:secret@cache:port/0", "REDIS_URL must be of the form"),
        ("BASE_URL", "sales.example.com", "BASE_URL must be the whole address that people type"),
        ("BASE_URL", "https://", "BASE_URL must be the whole address that people type"),
    ],
)
def test_an_address_that_is_none_is_told_before_anything_begins(
    name: str, value: str, sentence: str, tmp_path: Path
) -> None:
    done = reglament("run", env=environment(tmp_path / "var", **{name: value}))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(sentence)
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("zone", ["Kyiv", "../etc", "Europe"])
def test_a_time_zone_that_is_none_is_told(zone: str, tmp_path: Path) -> None:
    done = reglament("migrate", env=environment(tmp_path, TZ_DEFAULT=zone))
    sentence = f"TZ_DEFAULT must be a time zone such as Europe/Kyiv, not “{zone}”.\n"
    assert (done.returncode, done.stderr) == (1, sentence)


@pytest.mark.parametrize("language", ["fr", "uk_UA"])
def test_a_language_that_is_none_of_ours_is_told(language: str, tmp_path: Path) -> None:
    done = reglament("migrate", env=environment(tmp_path, LOCALE_DEFAULT=language) | {"LANG": "en_US.UTF-8"})
    assert done.returncode == 1
    assert done.stderr.startswith("LOCALE_DEFAULT")
    assert all(word in done.stderr for word in ("uk", "en", language))


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path: Path) -> None:
    done = reglament("run", env=environment(Path("/proc/reglament")))
    assert (done.returncode, done.stderr) == (1, "/proc/reglament cannot be used: there is no such file or folder\n")


def test_a_file_in_place_of_the_folder_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("somebody's notes")
    for var in (tmp_path / "var", tmp_path / "var" / "deeper"):
        done = reglament("run", env=environment(var))
        sentence = (
            f"REGLAMENT_VAR must name a folder: {tmp_path / 'var'} is a file. Name another one, or move the file.\n"
        )
        assert (done.returncode, done.stderr) == (1, sentence)


def test_a_link_to_a_disk_that_is_away_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").symlink_to(tmp_path / "disk")
    done = reglament("migrate", env=environment(tmp_path / "var"))
    sentence = f"REGLAMENT_VAR must name a folder: {tmp_path / 'var'} is a link to what is not there. Is a disk away?\n"
    assert (done.returncode, done.stderr) == (1, sentence)


def test_a_number_of_processes_that_is_no_number_is_told(tmp_path: Path) -> None:
    done = reglament("run", env=environment(tmp_path, WEB_PROCESSES="many"))
    assert (done.returncode, done.stderr) == (1, "WEB_PROCESSES must be a number, not “many”.\n")


@pytest.mark.postgres
def test_a_pool_that_shares_sessions_is_refused_in_words(postgresql: PostgreSQL, tmp_path: Path) -> None:
    found_or_skipped(PgBouncer.find)
    with PgBouncer(postgresql, "transaction") as pool:
        done = reglament("migrate", env=environment(tmp_path / "var", DATABASE_URL=pool.url))
    assert done.returncode == 1
    assert "set pool_mode = session" in done.stderr
    assert "Traceback" not in done.stderr
