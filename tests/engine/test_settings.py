from __future__ import annotations

from pathlib import Path

import pytest

from engine.settings import settings_from


@pytest.mark.parametrize("environment", [{}, {"HOST": "", "PORT": "", "REGLAMENT_VAR": "", "REGLAMENT_DEMO": ""}])
def test_what_is_not_said_is_as_documented(environment: dict[str, str]) -> None:
    given = settings_from(environment)
    assert (given.host, given.port, given.base_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (given.var, given.database_url) == (
        Path("var").absolute(),
        f"sqlite:///{Path('var').absolute()}/reglament.sqlite",
    )
    assert (given.redis_url, given.secret_key, given.smtp_url, given.demo) == (None, None, None, False)
    assert (given.time_zone, given.locale) == ("Europe/Kyiv", "uk")


def test_links_begin_with_the_address_as_people_type_it() -> None:
    assert settings_from({"HOST": "::1", "PORT": "81"}).base_url == "http://[::1]:81"
    assert settings_from({"BASE_URL": "https://sales.example.com/"}).base_url == "https://sales.example.com"
