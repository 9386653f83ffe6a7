"""On which databases the programs of an installation are killed."""

from __future__ import annotations

import pytest

_KINDS = {
    "sqlite": pytest.param("sqlite"),
    "postgresql": pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.redis]),
}
_IN_THE_SHORT_FORM = {
    "test_a_bulk_move_goes_on_behind_a_killed_worker_and_is_undone_behind_another": "sqlite",
    "test_a_file_of_deals_goes_on_behind_killed_workers_and_a_lost_broker": "postgresql",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of programs on a ``kind`` of database: in the long form on both, in the short one on one, by turns."""
    of_short = _IN_THE_SHORT_FORM.get(metafunc.function.__name__)
    if of_short is not None:
        kinds = list(_KINDS.values()) if metafunc.config.getoption("--full") else [_KINDS[of_short]]
        metafunc.parametrize("kind", kinds)
