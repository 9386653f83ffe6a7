"""The same schedules through the product's commands: the rows of the database are what the token game waits for."""

from __future__ import annotations

from collections import Counter

import pytest
from faults.scorecard import Scorecard
from support.office import Office
from support.token_game.chance import Dice
from support.token_game.company_match import company_match
from support.token_game.match import Refused, script
from support.token_game.random_maps import RandomDrawing
from support.token_game.schedules import is_for_commands, random_act

from engine.db.session import Database

ACTS = 25
QUICK_RUNS = 4
FULL_RUNS = 60


@pytest.mark.timeout(3_600)
def test_rows_are_what_the_standard_waits_for(database_url: str, scorecard: Scorecard, *, full: bool) -> None:
    database = Database(database_url)
    office = Office(database)
    counted: Counter[str] = Counter()
    seed = 0
    runs = FULL_RUNS if full else QUICK_RUNS
    while counted["runs"] < runs:
        play(office, seed, counted)
        seed += 1
    database.dispose()
    assert counted["acts"] > ACTS * runs / 2
    where = "SQLite" if database.is_sqlite else "PostgreSQL"
    tried = f"{counted['runs']:,} runs, {counted['acts']:,} commands, rows compared after each"
    scorecard.passed(7, f"imported maps, through commands and {where}", tried)


def play(office: Office, seed: int, counted: Counter[str]) -> None:
    chance = Dice(seed)
    graph = RandomDrawing(chance, drawn=True).make(2)
    try:
        match = company_match(graph, office)
    except Refused:
        return
    counted["runs"] += 1
    try:
        for _ in range(ACTS):
            act = random_act(match, chance)
            if match.began and is_for_commands(match, act):
                match.perform(act)
                counted["acts"] += 1
    except Exception as error:
        error.add_note(f"seed {seed}\n{script(match)}")
        raise
