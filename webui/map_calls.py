"""The steps of a map that programs do, as its page lists them: what is called, what goes there, what is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.bpmn.compiled import CallRule, ConnectorKind
from engine.errors import N_
from engine.policy.call_fields import names_set
from engine.policy.call_targets import target_of
from engine.queries.definitions import DefinitionCall
from webui.call_words import target_words
from webui.i18n import _, ngettext

_KINDS: Mapping[ConnectorKind, str] = {
    ConnectorKind.EXTERNAL: N_("A job for a program of yours"),
    ConnectorKind.HTTP: N_("A request to another system"),
    ConnectorKind.MAIL: N_("A letter"),
    ConnectorKind.FIELDS: N_("Fields of the deal"),
    ConnectorKind.MAP: N_("A deal on another map"),
    ConnectorKind.DOCUMENT: N_("A document from a template"),
}
_RECIPIENTS: Mapping[str, str] = {
    "client": N_("to the client"),
    "contact": N_("to the client's contact"),
    "owner": N_("to the deal's owner"),
}
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class CallLine:
    """``given`` are the names of what goes there, ``taken`` those of the fields that the answer becomes."""

    source_id: str
    name: str
    kind: str
    target: str
    given: tuple[str, ...]
    taken: tuple[str, ...]
    again: str


def call_lines(calls: Iterable[DefinitionCall]) -> tuple[CallLine, ...]:
    return tuple(
        CallLine(
            source_id=one.source_id,
            name=one.name,
            kind=_(_KINDS[one.rule.connector]),
            target=_target(one.rule),
            given=_given(one.rule),
            taken=_taken(one.rule),
            again=_again(one.rule),
        )
        for one in calls
    )


def _target(rule: CallRule) -> str:
    if rule.connector is ConnectorKind.MAIL:
        return _(_RECIPIENTS[rule.recipient]) if rule.recipient else _("to an address that the map gives")
    return target_words(target_of(rule))


def _given(rule: CallRule) -> tuple[str, ...]:
    """Inputs of a job by name; of anything else the expressions that are filled in."""
    if rule.connector is ConnectorKind.EXTERNAL:
        return tuple(rule.parameters)
    secrets = (part.secret for parts in rule.templates.values() for part in parts if part.secret)
    return tuple(dict.fromkeys([*rule.parameters.values(), *(f"secret.{name}" for name in secrets)]))


def _taken(rule: CallRule) -> tuple[str, ...]:
    if rule.connector is ConnectorKind.FIELDS:
        return names_set(rule)
    if rule.connector is ConnectorKind.EXTERNAL and not rule.results:
        return (_("everything"),)
    return tuple(rule.results)


def _again(rule: CallRule) -> str:
    if not rule.retries:
        return _("once only")
    wait = (
        _("%(num)s min", num=rule.retry_after_s // _MINUTE)
        if rule.retry_after_s % _MINUTE == 0
        else _("%(num)s s", num=rule.retry_after_s)
    )
    return ngettext(
        "%(num)s more time, after %(wait)s", "%(num)s more times, first after %(wait)s", rule.retries, wait=wait
    )
