"""Who does a step and until when, as modelling tools and other engines write it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from engine.bpmn.map_model import Said
from engine.bpmn.map_properties import Property
from engine.bpmn.reading.elements import (
    attribute,
    child,
    children,
    extensions,
    local,
    namespace,
    short_reference,
    text_of,
    vendor,
)

ENGINES = frozenset({"camunda", "flowable", "activiti", "zeebe", "drools", "processmaker"})
_RESPONSIBLE = ("candidateGroups", "assignee", "candidateUsers", "ActorId", "GroupId", "groupId", "actors")
_DEADLINE = ("dueDate",)
_STAGE = ("category",)  # of a user task in Flowable: what kind of work it is
# Names of Flowable's own ways to read a due date; any other name is a calendar of working time.
_PLAIN_CALENDARS = frozenset({"", "duedate", "duration", "cycle"})
_WHOLE = re.compile(r"^P(?:(\d{1,4})D|T(\d{1,4})H)$", re.IGNORECASE)
_EXPRESSION = re.compile(r"^[$#]\{(.*)\}$", re.DOTALL)
_PERFORMERS = ("potentialOwner", "humanPerformer", "performer", "resourceRole")

# ${dateTime().plusDays(2)}, as Camunda and Flowable write "two days from now".
_FROM_NOW = re.compile(
    r"^[$#]\{\s*(?:dateTime|now)\(\)\.plus(Minutes|Hours|Days|Weeks|Months)\((\d{1,4})\)"
    r"(?:\.toDate\(\)|\.toString\(\))?\s*\}$"
)
# =now() + duration("P2D"), ="legal" and =["legal", "sales"], as Camunda 8 writes them.
_FEEL_FROM_NOW = re.compile(r"^=\s*(?:now|today)\(\)\s*\+\s*(?:@|duration\()\s*\"(P[0-9DTHMWY]{1,30})\"\s*\)?$")
_FEEL_CONSTANTS = re.compile(r"^=\s*(\[?\s*\"[^\"]{0,300}\"(?:\s*,\s*\"[^\"]{0,300}\")*\s*\]?)$")
_FEEL_TEXT = re.compile(r"\"([^\"]*)\"")
_ISO = {"Minutes": "PT{}M", "Hours": "PT{}H", "Days": "P{}D", "Weeks": "P{}W", "Months": "P{}M"}

Pair = tuple[Property, Said]


def vendor_properties(element: etree._Element) -> Iterator[Pair]:
    """Attributes of the element and of its extensions that an engine defines."""
    yield from _from_attributes(element)
    for extension in extensions(element):
        if vendor(namespace(extension)) in ENGINES and local(extension) in ("assignmentDefinition", "taskSchedule"):
            yield from _from_attributes(extension, vendor(namespace(extension)))


def _from_attributes(element: etree._Element, source: str = "") -> Iterator[Pair]:
    found: dict[str, Said] = {}
    for key, value in element.attrib.items():
        uri, _, name = str(key).rpartition("}")
        origin = vendor(uri.removeprefix("{")) if uri else source
        if origin in ENGINES and str(value).strip():
            found[name] = Said(as_own_expression(str(value)), origin)
    yield from _processmaker(found)
    _in_working_time(found)
    # A group is asked before a person, so that work does not stop when one person is away.
    for key, names in (
        (Property.RESPONSIBLE, _RESPONSIBLE),
        (Property.DEADLINE, _DEADLINE),
        (Property.STAGE, _STAGE),
    ):
        for name in names:
            if name in found:
                yield key, found[name]
                break


def _processmaker(found: dict[str, Said]) -> Iterator[Pair]:
    """Hours until a task is due; who asked for the work, or people and groups where they are named and not numbered."""
    said = {name: one.text for name, one in found.items() if one.source == "processmaker"}
    if said.get("dueIn", "").isdecimal():
        yield Property.DEADLINE, Said(f"{said['dueIn']} hours", "processmaker")
    if said.get("assignment") == "requester":
        yield Property.RESPONSIBLE, Said("=owner", "processmaker")
        return
    for name in ("assignedGroups", "assignedUsers"):
        named = said.get(name, "")
        if named and not named.replace(",", "").replace(" ", "").isdecimal():
            yield Property.RESPONSIBLE, Said(named, "processmaker")
            return


def _in_working_time(found: dict[str, Said]) -> None:
    """A due date that Flowable counts in a calendar of the company is working time."""
    calendar = found.get("businessCalendarName")
    due = _WHOLE.match(found["dueDate"].text) if "dueDate" in found else None
    if calendar is None or calendar.text.casefold() in _PLAIN_CALENDARS or due is None:
        return
    days, hours = due.groups()
    written = f"{days} business days" if days else f"{hours} business hours"
    found["dueDate"] = Said(written, found["dueDate"].source)


def standard_responsible(element: etree._Element, resources: dict[str, str]) -> Iterator[Pair]:
    """``potentialOwner`` and its kin: an expression, or a resource of the file (``resources``: name by id)."""
    for role in children(element, *_PERFORMERS):
        text = text_of(child(role, "resourceAssignmentExpression"))
        text = re.sub(r"\b(?:group|user)\(([^()]*)\)", r"\1", text)
        reference = text_of(child(role, "resourceRef"))
        named = resources.get(reference) or resources.get(short_reference(reference), "")
        name = text or named or attribute(role, "name")
        if name:
            yield Property.RESPONSIBLE, Said(as_own_expression(name), "potentialOwner")


def as_own_expression(text: str) -> str:
    """``${user}`` of JUEL as ``=user``, a time from now as an ISO duration, constants of FEEL as they are meant."""
    text = text.strip()
    from_now = _FROM_NOW.match(text)
    if from_now:
        return _ISO[from_now.group(1)].format(from_now.group(2))
    from_now = _FEEL_FROM_NOW.match(text)
    if from_now:
        return from_now.group(1)
    constants = _FEEL_CONSTANTS.match(text)
    if constants:
        return ", ".join(_FEEL_TEXT.findall(constants.group(1)))
    found = _EXPRESSION.match(text)
    return "=" + found.group(1).strip() if found else text
