"""The company installation: what docker compose and docker build are given."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("reglament:")]

# DESIGN's list of what the environment decides.
SETTINGS = {
    "HOST",
    "PORT",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "REGLAMENT_VAR",
    "REGLAMENT_DEMO",
    "IMAP_URL",
    "FILE_MAX_MB",
    "DEAL_FILES_MAX_MB",
    "ALL_FILES_MAX_GB",
    "REGLAMENT_KEYS",
    "REGLAMENT_CHECKPOINTS",
    "AUDITOR_MAIL",
    "OIDC_ISSUER",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "OIDC_NAME",
    "OIDC_DOMAINS",
    "SMTP_URL",
    "TELEGRAM_BOT_TOKEN",
    "BASE_URL",
    "TZ_DEFAULT",
    "WEB_PROCESSES",
    "LOCALE_DEFAULT",
}


def run_tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(name)
    return subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_compose_file_follows_the_compose_specification() -> None:
    done = run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_follows_good_practice() -> None:
    done = run_tool("hadolint", "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_parts_of_a_company_installation_are_there() -> None:
    assert set(SERVICES) == {"migrate", "web", "worker", "beat", "db", "redis"}
    assert SERVICES["db"]["image"] == "postgres:17"


@pytest.mark.parametrize("service", OURS)
def test_a_service_starts_a_command_that_exists(service: str) -> None:
    program, command = SERVICES[service]["command"].split()
    assert program == "reglament"
    done = run_tool(program, command, "--help")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"migrate", "web"}))
def test_a_service_that_runs_on_is_watched(service: str) -> None:
    assert SERVICES[service]["healthcheck"]["test"]


def test_the_image_watches_its_web_server_and_is_not_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^HEALTHCHECK [^#]*/healthz", dockerfile, re.MULTILINE)
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE)[-1] not in {"0", "root"}


@pytest.mark.parametrize("service", sorted(set(OURS) - {"migrate"}))
def test_nothing_starts_before_the_database_is_migrated(service: str) -> None:
    assert SERVICES[service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_every_volume_that_is_used_is_declared() -> None:
    used = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def example_variables() -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_the_example_names_every_setting_and_nothing_else() -> None:
    assert set(example_variables()) == SETTINGS | {"POSTGRES_PASSWORD"}


def test_every_setting_is_read_by_the_program() -> None:
    source = (ROOT / "engine" / "settings.py").read_text()
    assert set(re.findall(r'"([A-Z][A-Z_]+)"', source)) == SETTINGS


def test_the_compose_file_uses_only_variables_that_the_example_explains() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_TEXT))
    assert used <= set(example_variables())


@pytest.mark.parametrize("secret", ["SECRET_KEY", "POSTGRES_PASSWORD"])
def test_a_secret_has_no_default(secret: str) -> None:
    assert example_variables()[secret] == ""
    uses = re.findall(rf"\$\{{{secret}([^}}]*)", COMPOSE_TEXT)
    assert uses
    assert all(use.startswith(":?") for use in uses)


def test_links_in_letters_begin_with_where_the_port_is_published() -> None:
    """Inside the container HOST is 0.0.0.0 and PORT 8000, whatever people type."""
    published = SERVICES["web"]["ports"][0].removesuffix(":8000")
    for service in OURS:
        assert SERVICES[service]["environment"]["BASE_URL"] == "${BASE_URL:-http://" + published + "}"


def test_the_database_is_healthy_only_once_it_answers_others() -> None:
    """While it fills an empty volume, the image's server answers on its socket and stops again: migrate runs once."""
    assert SERVICES["db"]["healthcheck"]["test"][:4] == ["CMD", "pg_isready", "-h", "127.0.0.1"]
