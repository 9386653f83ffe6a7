"""What an approval is bound to: the very values and files that the person had before them, by one hash.

The map names them (``approved_content``). Where it does not, these are client, sum and the fields that the step shows,
or all of the deal's fields where it shows none, and every file of the deal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from engine.bpmn.compiled import StepDefinition
from engine.events import plain
from engine.model.client import Client
from engine.model.deal import Deal
from engine.policy.history_chain import canonical_json, content_hash
from engine.policy.personal_texts import ERASED

Content = Mapping[str, Any]
Binding = tuple[tuple[str, ...], bool, tuple[str, ...] | None]
"""The names of the bound values, whether all fields are bound, and the bound files; None: all of them."""

_SUM = ("deal.amount", "deal.currency")
_USUAL = ("client.name", *_SUM)
_DEAL_COLUMNS = frozenset({"title", "number", "amount", "currency", "close_date", "stage"})
_CLIENT_COLUMNS = frozenset({"name", "edrpou", "segment", "source", "phone", "email"})
FILE_CHANGE = "file:"
"""With the id of a file: under what a change of it is told, since names are erased from values only."""
_AT_TOP = {
    "client.name": "client",
    "deal.title": "title",
    "deal.amount": "amount",
    "deal.currency": "currency",
    "deal.close_date": "close_date",
}
"""Names under which values of every deal stand in the content beside ``fields`` and ``files``."""


@dataclass(frozen=True, slots=True)
class BoundFile:
    """One version of a file of the deal. ``size`` is in bytes."""

    id: int
    name: str
    version: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Difference:
    """``name`` is a field's or a file's. ``old`` and ``new`` are values, or of files "version, hash"; None: none."""

    name: str
    old: Any
    new: Any
    is_file: bool = False


def deal_value(deal: Deal, client: Client, name: str) -> Any:
    """What a deal has under a name that maps use: own fields bare, the rest under ``deal.`` and ``client.``."""
    if "." not in name:
        return deal.fields.get(name)
    subject: Deal | Client
    for root, subject, columns in (("deal.", deal, _DEAL_COLUMNS), ("client.", client, _CLIENT_COLUMNS)):
        if name.startswith(root):
            bare = name.removeprefix(root)
            if bare in columns:
                return getattr(subject, bare)
            if bare in subject.fields:
                return subject.fields[bare]
    return deal.fields.get(name)


def binds_files(step: StepDefinition) -> bool:
    rule = step.approved_content
    return rule is None or rule.whole or bool(rule.files)


def approved_content(step: StepDefinition, deal: Deal, client: Client, files: Sequence[BoundFile] = ()) -> Content:
    """The content of an approval as JSON without floats. ``files`` are the latest versions of the deal's files."""
    names, all_fields = bound_names(step)
    content: dict[str, Any] = {}
    fields = dict(deal.fields) if all_fields else {}
    for name in names:
        value, top = deal_value(deal, client, name), _AT_TOP.get(name)
        if top is None:
            fields[name] = value
        else:
            content[top] = exact(name, value)
    content["fields"] = fields
    bound = [one for one in files if is_bound_file(step, one.name)]
    content["files"] = [
        {"id": one.id, "name": one.name, "version": one.version, "sha256": one.sha256, "size": one.size}
        for one in sorted(bound, key=lambda one: one.name)
    ]
    return dict(plain(content))


def binds_all_fields(step: StepDefinition) -> bool:
    return bound_names(step)[1]


def may_be_kept(step: StepDefinition) -> bool:
    """Whether a given approval outlives a round of rework in which its content stayed as it was.

    Only where map or step name what is approved: who approves "the deal" as such also approves what no field holds.
    """
    return step.approved_content is not None or bool(step.fields)


def bound_value(content: Content, name: str) -> Any:
    """The value of a name in the content; None also where it is not bound."""
    top = _AT_TOP.get(name)
    return content.get(top) if top is not None else dict(content.get("fields") or {}).get(name)


def as_decided(content: Content, values: Mapping[str, Any]) -> Content:
    """The content with what the person typed while deciding: that is what they let pass."""
    fields = dict(content.get("fields") or {})
    decided = {**content}
    for name, value in values.items():
        top = _AT_TOP.get(name)
        if top is not None and top in decided:
            decided[top] = plain(exact(name, value)) if value is not None else decided[top]
        elif name in fields:
            fields[name] = value
        if name.startswith("deal.") and name.removeprefix("deal.") in fields:
            fields[name.removeprefix("deal.")] = value
    decided["fields"] = fields
    return decided


def is_same(given: Content, values: Mapping[str, Any], present: Content) -> bool:
    """Whether what was decided on, with what was typed then, is what stands there now.

    A file that was erased since counts in neither: it was there as it was approved (see ``TextsErased.outdated``).
    """
    return content_hash(as_decided(_without_erased_files(given), values)) == content_hash(present)


def _without_erased_files(content: Content) -> Content:
    files = content.get("files") or ()
    left = [one for one in files if one["name"] != ERASED]
    return content if len(left) == len(files) else {**content, "files": left}


def is_known(given: Content) -> bool:
    """Whether nothing was erased from what was decided on: else another value may have stood there."""
    return ERASED.encode() not in canonical_json(given)


def still_holds(step: StepDefinition, given: Content, values: Mapping[str, Any], present: Content) -> bool:
    """The same while the approval is still under way. Fields that came to a deal approved as a whole do not count.

    Nobody had them before them, and a step of another branch that asks for one more thing must not ask everybody anew.
    A decision of a release that bound no files is held to what it recorded of today's content.
    """
    if "files" not in given:
        return is_same(*_in_common(given, values, present))
    if step.approved_content is not None or step.fields:
        return is_same(given, values, present)
    known = dict(given.get("fields") or {})
    fields = {name: value for name, value in dict(present.get("fields") or {}).items() if name in known}
    return is_same(given, values, {**present, "fields": fields})


def _in_common(
    given: Content, values: Mapping[str, Any], present: Content
) -> tuple[Content, Mapping[str, Any], Content]:
    top = (given.keys() & present.keys()) - {"fields"}
    names = dict(given.get("fields") or {}).keys() & dict(present.get("fields") or {}).keys()

    def narrowed(content: Content) -> Content:
        return {**{name: content[name] for name in top}, "fields": {name: content["fields"][name] for name in names}}

    return narrowed(given), values, narrowed(present)


def differences(old: Content, new: Content) -> tuple[Difference, ...]:
    """What is different between two contents, values first; by the names under which a map knows them."""
    found = [
        Difference(name, old.get(top), new.get(top)) for name, top in _AT_TOP.items() if old.get(top) != new.get(top)
    ]
    before, now = dict(old.get("fields") or {}), dict(new.get("fields") or {})
    found += [
        Difference(name, before.get(name), now.get(name))
        for name in dict.fromkeys((*before, *now))
        if before.get(name) != now.get(name)
    ]
    return (*found, *_file_differences(old.get("files") or (), new.get("files") or ()))


def told_changes(old: Content, new: Content) -> dict[str, list[Any]]:
    """The differences as history tells them, ``[old, new]`` each.

    A file goes by FILE_CHANGE and its id: its name stands in the values, from where it can be erased.
    """

    def name_of(one: Difference) -> str:
        return f"{FILE_CHANGE}{(one.new or one.old)['id']}" if one.is_file else one.name

    return {name_of(one): [one.old, one.new] for one in differences(old, new)}


def _file_differences(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> Iterable[Difference]:
    before, now = ({one["name"]: one for one in files if one["name"] != ERASED} for files in (old, new))
    for name in dict.fromkeys((*before, *now)):
        was, is_now = before.get(name), now.get(name)
        if (was or {}).get("sha256") != (is_now or {}).get("sha256") or (was is None) != (is_now is None):
            yield Difference(name, was, is_now, is_file=True)


def exact(name: str, value: Any) -> Any:
    """A sum has one spelling, whether it was typed a moment ago or read from the database."""
    if name != "deal.amount" or value is None or (isinstance(value, str) and not value):
        return value
    return Decimal(str(value)).quantize(Decimal("0.01"))


def bound_names(step: StepDefinition) -> tuple[tuple[str, ...], bool]:
    """The names of the bound values, and whether all fields of the deal are bound, too."""
    rule = step.approved_content
    if rule is None:
        shown = [field.name for field in step.fields]
        return tuple(dict.fromkeys((*_USUAL, *shown))), not shown
    names = [*rule.names]
    if rule.whole:
        names = [*_USUAL, "deal.title", "deal.close_date", *names]
    if "deal.amount" in names:  # a sum without its currency says nothing
        names.append("deal.currency")
    return tuple(dict.fromkeys(names)), rule.whole


def binding_of(step: StepDefinition) -> Binding:
    """What an approval is bound to. Those of one deal with equal bindings have the same content."""
    rule = step.approved_content
    return (*bound_names(step), None if rule is None or rule.whole else tuple(rule.files))


def is_bound_file(step: StepDefinition, file_name: str) -> bool:
    rule = step.approved_content
    if rule is None or rule.whole:
        return True
    return any(fnmatchcase(file_name.casefold(), pattern.casefold()) for pattern in rule.files)
