"""Rules of a map over HTTP: read, replace, run."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.map_rules import replace_rules
from engine.errors import MapHasErrors, NotFound
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability
from engine.queries.map_rules import rule_runs, rules_of
from engine.queries.scopes import ensure_sees
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller, in_readers_language
from webui.api.models.definitions import DefinitionPath
from webui.api.models.map_rules import RuleItem, RuleList, RuleRunItem, RuleRuns
from webui.api.performing import carry_out
from webui.api.tags import MAPS
from webui.limits import limiter
from webui.request_context import reading, services
from webui.rule_words import failure_words


@api.get("/definitions/<int:definition_id>/rules", tags=[MAPS], responses={200: RuleList})
def list_rules(path: DefinitionPath) -> Response:
    """The rules of the version's map: they hold for all of its versions."""
    return answer(_rules(path))


@api.put("/definitions/<int:definition_id>/rules", tags=[MAPS], responses={200: RuleList})
def put_rules(path: DefinitionPath, body: RuleList) -> Response:
    """Let the rules of the map be these and no others. A version that breaks one of them cannot be published."""
    rules = [one.rule() for one in body.rules]

    def command(session: Session) -> None:
        replace_rules(session, path.definition_id, rules, actor=caller(), clock=services().clock)

    carry_out(command)
    return answer(_rules(path))


@api.post("/definitions/<int:definition_id>/rules/run", tags=[MAPS], responses={200: RuleRuns})
@limiter.limit("300 per minute")
def run_rules(path: DefinitionPath) -> Response:
    """Walk each rule's deal through this version and say what became of it. Nothing is stored.

    422 while errors stand against executing the version.
    """
    with reading() as session:
        definition = _definition(session, path)
        if definition.compiled is None:
            raise MapHasErrors
        runs = rule_runs(session, definition)
    with in_readers_language():
        items = tuple(RuleRunItem.of(run, tuple(failure_words(one) for one in run.failures)) for run in runs)
    return answer(RuleRuns(passed=all(one.passed for one in runs), runs=items))


def _rules(path: DefinitionPath) -> RuleList:
    with reading() as session:
        rules = rules_of(session, _definition(session, path).key)
    return RuleList(rules=tuple(RuleItem.of(one.rule) for one in rules))


def _definition(session: Session, path: DefinitionPath) -> ProcessDefinition:
    ensure_sees(caller(), Ability.SEE_MAPS)
    definition = session.get(ProcessDefinition, path.definition_id)
    if definition is None:
        raise NotFound
    return definition
