"""Whom a call calls, in a word for people: never a secret, never what was filled in."""

from __future__ import annotations

from engine.bpmn.compiled import CallRule


def target_of(rule: CallRule) -> str:
    """The topic of a job."""
    return rule.topic
