"""Whom a call calls, in a word for people: never a secret, never what was filled in."""

from __future__ import annotations

from engine.bpmn.compiled import CallRule, ConnectorKind

_LONGEST = 300  # as the column holds


def target_of(rule: CallRule) -> str:
    """The topic of a job, the method and the host of a request, the key of a map, the template of a document."""
    if rule.connector is ConnectorKind.HTTP:
        return f"{rule.method} {rule.host}"[:_LONGEST]
    return (rule.map_key or rule.topic or rule.template_file)[:_LONGEST]
