"""Rules of a map: written down by its owner, kept for every version to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.errors import N_, Conflict, DomainError, FieldRequired, InvalidInput, NotFound
from engine.events import MapRulesChanged
from engine.model.map_rule import MapRule
from engine.model.process_definition import ProcessDefinition
from engine.policy.map_rules import Rule
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.map_rules import rules_of

MOST_RULES = 50


class TooManyRules(DomainError):
    code: ClassVar[str] = "too_many_rules"
    template: ClassVar[str] = N_("A map has at most %(limit)s rules.")


class RuleExpectsNothing(DomainError):
    code: ClassVar[str] = "rule_expects_nothing"
    template: ClassVar[str] = N_("Say what the rule expects: a step, or how the deal ends.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stood when it was read, and its name then: others may have changed the rules since."""

    position: int
    name: str


def replace_rules(session: Session, definition_id: int, rules: Sequence[Rule], *, actor: Actor, clock: Clock) -> None:
    """Let the rules of the version's map be these, in this order. Raises NotFound, NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.DEPLOY_MAP)
    definition = _locked(session, definition_id)
    if len(rules) > MOST_RULES:
        raise InvalidInput({"rules": TooManyRules(limit=MOST_RULES)})
    for rule in rules:
        _ensure_sound(rule)
    at = clock.now()
    session.execute(delete(MapRule).where(MapRule.map_key == definition.key))
    if rules:
        session.execute(
            insert(MapRule),
            [
                {
                    "map_key": definition.key,
                    "position": position,
                    "name": rule.name.strip(),
                    "given": rule.given.model_dump(mode="json"),
                    "expected": rule.expected.model_dump(mode="json"),
                    "created_by_id": actor.recorded_id,
                    "created_at": at,
                }
                for position, rule in enumerate(rules)
            ],
        )
    told = MapRulesChanged(key=definition.key, rules=tuple(rule.name.strip() for rule in rules))
    record(session, told, actor=actor, at=at)


def keep_rule(
    session: Session, definition_id: int, place: Place | None, rule: Rule, *, actor: Actor, clock: Clock
) -> None:
    """Put ``rule`` in the place of another, or (None) behind the others.

    Raises NotFound, NotAllowed, InvalidInput, and Conflict where the other is not there any more.
    """
    rules = _rules(session, definition_id)
    if place is None:
        rules.append(rule)
    else:
        rules[_found(rules, place)] = rule
    replace_rules(session, definition_id, rules, actor=actor, clock=clock)


def remove_rule(session: Session, definition_id: int, place: Place, *, actor: Actor, clock: Clock) -> None:
    """Raises NotFound, NotAllowed, and Conflict where the rule is not there any more."""
    rules = _rules(session, definition_id)
    del rules[_found(rules, place)]
    replace_rules(session, definition_id, rules, actor=actor, clock=clock)


def _found(rules: Sequence[Rule], place: Place) -> int:
    if place.position >= len(rules) or rules[place.position].name != place.name:
        raise Conflict
    return place.position


def _rules(session: Session, definition_id: int) -> list[Rule]:
    return [one.rule for one in rules_of(session, _locked(session, definition_id).key)]


def _locked(session: Session, definition_id: int) -> ProcessDefinition:
    """The version; all versions of the map are locked in their order: its rules are everybody's."""
    definition = session.get(ProcessDefinition, definition_id)
    if definition is None:
        raise NotFound
    of_map = select(ProcessDefinition.id).where(ProcessDefinition.key == definition.key).order_by(ProcessDefinition.id)
    session.execute(of_map.with_for_update())
    return definition


def _ensure_sound(rule: Rule) -> None:
    errors: dict[str, DomainError] = {}
    if not rule.name.strip():
        errors["name"] = FieldRequired(label=N_("Name"))
    if not (rule.expected.through or rule.expected.not_through or rule.expected.ends):
        errors["expected"] = RuleExpectsNothing()
    if errors:
        raise InvalidInput(errors)
