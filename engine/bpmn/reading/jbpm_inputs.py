"""What jBPM keeps as inputs of a task: who does it, until when, who is told and who takes it over when it is late.

A notice is ``[tousers:anna|togroups:sales|subject:…]@[2d]``, a take-over ``[users:anna|groups:sales]@[4h]``; several
are divided by ``^``. The time counts from the moment when the step opens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from lxml import etree

from engine.bpmn.map_model import Said
from engine.bpmn.map_properties import Property
from engine.bpmn.reading.elements import attribute, child, children, text_of

_SOURCE = "drools"
_RULE = re.compile(r"\[([^\[\]]{0,2000})\]\s*@\s*\[\s*(?:PT?)?(\d{1,5})\s*(mo|[smhdw])\s*\]", re.IGNORECASE)
_DUE = re.compile(r"^P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?$", re.IGNORECASE)
_SHORT_DUE = re.compile(r"^(\d{1,5})\s*(mo|[smhdw])$", re.IGNORECASE)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "mo": timedelta(days=30),
}

Pair = tuple[Property, Said]


def jbpm_properties(element: etree._Element) -> Iterator[Pair]:
    """The properties that the inputs of a task give it. A group is asked before a person."""
    given = _inputs(element)
    responsible = given.get("GroupId") or given.get("ActorId")
    if responsible:
        yield Property.RESPONSIBLE, Said(responsible, _SOURCE)
    rules = [*_rules(given, "NotCompletedNotify", "tell"), *_rules(given, "NotCompletedReassign", "reassign to")]
    due = _due(given.get("DueDate", "")) or min((after for _, after in rules), default=None)
    if given.get("DueDate") or due is not None:
        yield Property.DEADLINE, Said(given.get("DueDate") or _written(due or timedelta()), _SOURCE)
    if rules and due is not None:
        yield Property.ESCALATION, Said("; ".join(_rung(action, after, due) for action, after in rules), _SOURCE)
    instruction = given.get("Description") or given.get("Comment")
    if instruction:
        yield Property.INSTRUCTION, Said(instruction, _SOURCE)


def _inputs(element: etree._Element) -> dict[str, str]:
    """The values of a task's inputs by name; a variable as an expression."""
    holder = child(element, "ioSpecification")
    if holder is None:
        return {}
    names = {attribute(part, "id"): attribute(part, "name") for part in children(holder, "dataInput")}
    given: dict[str, str] = {}
    for association in children(element, "dataInputAssociation"):
        name = names.get(text_of(child(association, "targetRef")), "")
        assignment = child(association, "assignment")
        constant = text_of(child(assignment, "from")) if assignment is not None else ""
        variable = text_of(child(association, "sourceRef"))
        value = re.sub(r"^[#$]\{(.*)\}$", r"=\1", constant) if constant else f"={variable}" if variable else ""
        if name and value:
            given[name] = value
    return given


def _rules(given: dict[str, str], name: str, action: str) -> list[tuple[str, timedelta]]:
    """What is to be done, and how long after the step opened."""
    found = []
    for inside, amount, unit in _RULE.findall(given.get(name, "")):
        said = dict(part.split(":", 1) for part in inside.split("|") if ":" in part)
        people = said.get("togroups") or said.get("groups") or said.get("tousers") or said.get("users") or ""
        whom = people.split(",")[0].strip()
        found.append((f"{action} {whom or 'head'}", int(amount) * _UNITS[unit.lower()]))
    return found


def _due(text: str) -> timedelta | None:
    short = _SHORT_DUE.match(text)
    if short is not None:
        return int(short.group(1)) * _UNITS[short.group(2).lower()]
    long = _DUE.match(text)
    if long is None or not any(long.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in long.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _rung(action: str, after: timedelta, due: timedelta) -> str:
    if after == due:
        return f"{action} at due"
    return f"{action} {_written(abs(after - due))} {'after' if after > due else 'before'}"


def _written(time: timedelta) -> str:
    for name, unit in (("days", _UNITS["d"]), ("hours", _UNITS["h"])):
        if time and not time % unit:
            return f"{time // unit} {name}"
    return f"{max(1, time // _UNITS['m'])} minutes"
