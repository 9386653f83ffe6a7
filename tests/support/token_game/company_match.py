"""The token game against the product's commands in a company."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from support.office import Office
from support.token_game.company_run import CompanyRun
from support.token_game.maps import Graph
from support.token_game.match import Match

from engine.bpmn.compiled import CompiledProcess

KYIV = ZoneInfo("Europe/Kyiv")
"""Where the company counts its days."""


def company_match(graph: Graph, office: Office) -> Match:
    """A match on ``graph``, uploaded and published in the company of ``office``. Raises Refused."""

    def begin(process: CompiledProcess, _now: datetime) -> CompanyRun:
        return CompanyRun(process, office)

    return Match(graph, drawn=True, begin=begin, now=office.clock.now(), zone=KYIV, publish=office.publish)
