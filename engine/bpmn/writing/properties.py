"""One element's properties, rewritten where they stand in the file.

An element's holder is its ``extensionElements``; in it stand bags, ours and Camunda's, of one ``property`` per key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.bpmn.reading.elements import REGLAMENT, vendor
from engine.bpmn.reading.properties import DEEPEST, NAME_ATTRIBUTES, OTHER_HOLDERS, VALUE_ATTRIBUTES
from engine.bpmn.reading.property_keys import property_named
from engine.bpmn.safe_xml import MAX_ATTRIBUTE_LENGTH
from engine.bpmn.writing.refusals import PropertyTooLong
from engine.bpmn.writing.splices import Splices
from engine.bpmn.writing.tags import Tag, attribute_spans, space_before

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
_UNIT = "  "
# What XML 1.0 cannot hold in any spelling.
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


@dataclass(slots=True, eq=False)
class _Element:
    """An element to be written."""

    name: str
    attributes: Mapping[str, str]
    children: list[_Element] = field(default_factory=list)

    def text(self, space: str) -> str:
        """``space`` is the line break and indentation before the element; empty to write all in one line."""
        attributes = "".join(f' {key}="{_escaped(value)}"' for key, value in self.attributes.items())
        if not self.children:
            return f"<{self.name}{attributes}/>"
        deeper = _deeper(space)
        inside = "".join(deeper + child.text(deeper) for child in self.children)
        return f"<{self.name}{attributes}>{inside}{space}</{self.name}>"


def edit_element(splices: Splices, tag: Tag, values: Mapping[str, str | None]) -> None:
    """Collect the replacements that give ``tag`` the values. Raises PropertyTooLong."""
    wanted = {key: _clean(key, value) for key, value in values.items()}
    holder = next((one for one in tag.children if _is_holder(one, tag)), None)
    bags = list(holder.children) if holder else []
    own = _Bag(splices, REGLAMENT, "reglament", tag, [one for one in bags if one.namespace == REGLAMENT])
    mirror = _Bag(splices, CAMUNDA, "camunda", tag, [one for one in bags if vendor(one.namespace) == "camunda"])
    for key, value in wanted.items():
        _drop_attributes(splices, tag, key)
        own.put(key, value)
        mirror.put(key, value)
    _write_holder(splices, tag, holder, [own, mirror])


def _is_holder(child: Tag, tag: Tag) -> bool:
    return child.local == "extensionElements" and child.namespace == tag.namespace


class _Bag:
    """The properties of one tool at one element: which statements go, which change, and which are new."""

    def __init__(self, splices: Splices, namespace: str, prefix: str, at: Tag, found: list[Tag]) -> None:
        self.splices = splices
        self.namespace, self.usual_prefix, self.at = namespace, prefix, at
        self.is_own = namespace == REGLAMENT
        self.found = [one for one in found if one.local not in OTHER_HOLDERS]
        self.home = next((one for one in self.found if one.local == "properties"), None)
        self.removed: set[Tag] = set()
        self.new: dict[str, str] = {}

    def put(self, key: str, value: str | None) -> None:
        """Say ``value`` of ``key`` once, and take out every other statement of it; None takes out all."""
        said = False
        for bag in self.found:
            if self.is_own and bag.local != "property":
                _drop_plain_attributes(self.splices, bag, key)
            for statement in _statements(bag, key, 0):
                if (said and self.is_own) or value is None or not self._set(statement, value):
                    self.removed.add(statement)
                else:
                    said = True
        if value is not None and not said:
            self.new[key] = value

    def _set(self, statement: Tag, value: str) -> bool:
        """Whether the statement could be changed where it stands."""
        name = next((one for one in VALUE_ATTRIBUTES if one in statement.attributes), None)
        if name is None or statement.children:
            return False
        if statement.attributes[name].strip() != value:
            start, end = attribute_spans(self.splices.source, statement)[name][1]
            self.splices.replace(start, end, f'"{_escaped(value)}"')
        return True

    def element(self) -> _Element:
        """The bag to be written where there is none yet."""
        prefix, declared = self._prefix(self.at)
        return _Element(f"{prefix}:properties", declared, list(self.properties(prefix)))

    def properties(self, prefix: str) -> Iterator[_Element]:
        name = f"{prefix}:property" if prefix else "property"
        for key, value in self.new.items():
            yield _Element(name, {"name": key, "value": value})

    def _prefix(self, at: Tag) -> tuple[str, Mapping[str, str]]:
        known = next((one for one, uri in at.prefixes.items() if one and uri == self.namespace), None)
        return (known, {}) if known else (self.usual_prefix, {f"xmlns:{self.usual_prefix}": self.namespace})

    def write(self) -> tuple[set[Tag], list[_Element]]:
        """Change the bags that are there. Answers which of them are empty now, and what else has to be written."""
        emptied = {bag for bag in self.found if bag in self.removed}
        for bag in self.found:
            if bag in emptied:
                continue
            is_home = bag is self.home and bool(self.new)
            gone = self.removed & _below(bag)
            if not is_home and bag.local == "properties" and gone and _is_empty(self.splices.source, bag, gone):
                emptied.add(bag)
                continue
            for one in gone:
                _remove(self.splices, one)
            if is_home:
                _append(self.splices, bag, list(self.properties(bag.prefix)))
        if self.new and (self.home is None or self.home in emptied):
            return emptied, [self.element()]
        return emptied, []


def _write_holder(splices: Splices, tag: Tag, holder: Tag | None, bags: list[_Bag]) -> None:
    emptied: set[Tag] = set()
    new: list[_Element] = []
    for bag in bags:
        gone, more = bag.write()
        emptied |= gone
        new += more
    if holder is None:
        if new:
            prefix = f"{tag.prefix}:" if tag.prefix else ""
            _insert_holder(splices, tag, _Element(f"{prefix}extensionElements", {}, new))
        return
    if emptied and not new and _is_empty(splices.source, holder, emptied):
        if _is_empty(splices.source, tag, {holder}):
            splices.replace(tag.inside, tag.content_end)
        else:
            _remove(splices, holder)
        return
    for bag_tag in emptied:
        _remove(splices, bag_tag)
    if new:
        _append(splices, holder, new)


def _insert_holder(splices: Splices, tag: Tag, holder: _Element) -> None:
    """Behind the documentation, before everything else: where the standard wants it."""
    source = splices.source
    if not tag.children:
        outer = space_before(source, tag).decode()
        space = _deeper(outer)
        _fill(splices, tag, space + holder.text(space) + outer)
        return
    before = tag.inside
    for child in tag.children:
        if child.local != "documentation" or child.namespace != tag.namespace:
            break
        before = child.end
    space = space_before(source, tag.children[0]).decode()
    splices.replace(before, before, space + holder.text(space))


def _append(splices: Splices, parent: Tag, elements: list[_Element]) -> None:
    source = splices.source
    if not parent.children:
        outer = space_before(source, parent).decode()
        space = _deeper(outer)
        _fill(splices, parent, "".join(space + one.text(space) for one in elements) + outer)
        return
    last = parent.children[-1]
    space = space_before(source, last).decode()
    splices.replace(last.end, last.end, "".join(space + one.text(space) for one in elements))


def _fill(splices: Splices, tag: Tag, text: str) -> None:
    """Put ``text`` into an element that holds no other."""
    source = splices.source
    if tag.self_closing:
        splices.replace(tag.inside - 2, tag.inside, f">{text}</{tag.name}>")
    elif source[tag.inside : tag.content_end].strip():
        splices.replace(tag.inside, tag.inside, text)
    else:
        splices.replace(tag.inside, tag.content_end, text)


def _remove(splices: Splices, tag: Tag) -> None:
    splices.replace(tag.start - len(space_before(splices.source, tag)), tag.end)


def _is_empty(source: bytes, tag: Tag, without: set[Tag]) -> bool:
    """Whether nothing is left of the content when ``without`` are gone, no comment either."""
    content, at = b"", tag.inside
    for child in tag.children:
        if child in without:
            content += source[at : child.start]
            at = child.end
    return not (content + source[at : tag.content_end]).strip()


def _statements(element: Tag, key: str, depth: int) -> Iterator[Tag]:
    """The pairs in a bag that name ``key``, by whatever word: those that reading a bag would find."""
    name = next((element.attributes[one] for one in NAME_ATTRIBUTES if element.attributes.get(one)), "")
    if name and _names(name, key):
        yield element
        return
    if depth < DEEPEST:
        for part in element.children:
            if part.local not in OTHER_HOLDERS:
                yield from _statements(part, key, depth + 1)


def _names(word: str, key: str) -> bool:
    meant = property_named(key)
    return word.strip() == key or (meant is not None and property_named(word) is meant)


def _drop_attributes(splices: Splices, tag: Tag, key: str) -> None:
    spans = attribute_spans(splices.source, tag)
    for local, name in tag.attributes_of(REGLAMENT):
        if _names(local, key):
            splices.replace(*spans[name][0])


def _drop_plain_attributes(splices: Splices, bag: Tag, key: str) -> None:
    spans = attribute_spans(splices.source, bag)
    for name in bag.attributes:
        if ":" not in name and name in spans and _names(name, key):
            splices.replace(*spans[name][0])


def _below(tag: Tag) -> set[Tag]:
    found, waiting = set(), list(tag.children)
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting += one.children
    return found


def _clean(key: str, value: str | None) -> str | None:
    """The value as reading it will give it back. Raises PropertyTooLong."""
    text = _UNWRITABLE.sub("", _LINE_BREAKS.sub("\n", value or "")).strip()
    if len(text) > MAX_ATTRIBUTE_LENGTH:
        raise PropertyTooLong(key, limit=MAX_ATTRIBUTE_LENGTH)
    return text or None


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def _deeper(space: str) -> str:
    if not space:
        return ""
    return space + ("\t" if space.endswith("\t") else _UNIT)
