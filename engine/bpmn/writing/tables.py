"""The decision tables in the files of a map: read as their author wrote them, and written back with what was edited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import ClassVar

from engine.bpmn.dmn.reading import is_decision_namespace
from engine.bpmn.safe_xml import XmlRefused, ensure_harmless, read_text
from engine.bpmn.writing.kept_readings import kept_by_content
from engine.bpmn.writing.parts import Parts
from engine.bpmn.writing.tags import Tag, read_tags
from engine.errors import N_, DomainError

_BYTE_ORDER_MARK = "\ufeff"
_ORDER = ("description", "extensionElements", "input", "output", "annotation", "rule")
_OF_INPUT = ("description", "extensionElements", "inputExpression", "inputValues")
_OF_OUTPUT = ("description", "extensionElements", "outputValues", "defaultOutputEntry")
_OF_RULE = ("description", "extensionElements", "inputEntry", "outputEntry", "annotationEntry")
_OF_TEXT = ("description", "extensionElements", "text")
_MARKUP = re.compile(r"<!\[CDATA\[(.*?)\]\]>|<!--.*?-->|<\?.*?\?>|<[^>]*>|([^<]+)", re.DOTALL)


class TableNotAsRead(DomainError):
    """The file holds another table than the one that was edited."""

    code: ClassVar[str] = "table_not_as_read"
    template: ClassVar[str] = N_("The table is not the one that was opened. Open it again: nothing was saved.")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of conditions or of results, all texts as written.

    ``source`` is the expression that a condition looks at, or the name under which a result is kept; ``default`` is
    what a result is where no rule matches. ``origin`` is the column's number in the file, None for a new one.
    """

    label: str
    source: str
    kind: str = ""
    allowed: str = ""
    default: str = ""
    origin: int | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A rule: a cell for each condition, then one for each result. ``origin``: as in TableColumn."""

    cells: tuple[str, ...]
    note: str = ""
    origin: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """An empty ``policy`` is UNIQUE, as the standard has it."""

    policy: str
    aggregation: str
    inputs: tuple[TableColumn, ...]
    outputs: tuple[TableColumn, ...]
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class PlacedTable:
    """A table where it stands: the name of its file, and its number among the tables of that file."""

    file: str
    number: int
    decision_id: str
    title: str
    table: WrittenTable


def tables_in(files: Mapping[str, bytes]) -> tuple[PlacedTable, ...]:
    """Every decision table of the files, in their order. A file that cannot be read has none."""
    return tuple(replace(table, file=name) for name, content in files.items() for table in _tables_of(content))


def write_table(content: bytes, number: int, edited: WrittenTable) -> bytes:
    """The DMN file with its table of that number as ``edited``; what nobody edited stays byte for byte.

    A column and a rule that moved take along the comments in front of them, and so do those that were taken out.
    Raises TableNotAsRead, and XmlRefused for what is no XML file.
    """
    decoded = read_text(content)
    mark = _BYTE_ORDER_MARK if decoded.text.startswith(_BYTE_ORDER_MARK) else ""
    ensure_harmless(decoded.text)
    source = decoded.text.removeprefix(mark).encode()
    found = list(_tables(read_tags(source)))
    if number >= len(found):
        raise TableNotAsRead
    tag = found[number]
    written = _Writer(Parts(source, tag.prefix, ascii_only=decoded.mislabelled), tag).written(edited)
    text = mark + (source[: tag.start] + written.encode() + source[tag.end :]).decode()
    return decoded.bom + text.encode(decoded.codec, "xmlcharrefreplace")


@kept_by_content
def _tables_of(content: bytes) -> tuple[PlacedTable, ...]:
    """Those of one file, whose name its bytes do not tell."""
    try:
        text = read_text(content).text.removeprefix(_BYTE_ORDER_MARK)
        ensure_harmless(text)
    except XmlRefused:
        return ()
    source = text.encode()
    found = []
    for number, tag in enumerate(_tables(read_tags(source))):
        decision = tag.parent
        decision_id = decision.attributes.get("id", "").strip() if decision else ""
        title = " ".join(decision.attributes.get("name", "").split()) if decision else ""
        found.append(PlacedTable("", number, decision_id, title or decision_id, _read(source, tag)))
    return tuple(found)


def _tables(tags: list[Tag]) -> Iterator[Tag]:
    root = tags[0]
    if root.local != "definitions" or not any(
        is_decision_namespace(uri) for uri in (root.namespace, *root.prefixes.values())
    ):
        return
    for decision in _own(root, "decision"):
        yield from list(_own(decision, "decisionTable"))[:1]


def _own(tag: Tag, local: str) -> Iterator[Tag]:
    return (one for one in tag.children if one.local == local and one.namespace == tag.namespace)


def _first(tag: Tag | None, local: str) -> Tag | None:
    return next(_own(tag, local), None) if tag is not None else None


def _text(source: bytes, tag: Tag | None) -> str:
    """The text inside an element, trimmed, as reading the file gives it."""
    if tag is None:
        return ""
    inside = source[tag.inside : tag.content_end].decode()
    return "".join(found[1] or unescape(found[2] or "") for found in _MARKUP.finditer(inside)).strip()


def _attribute(tag: Tag | None, name: str) -> str:
    return tag.attributes.get(name, "").strip() if tag is not None else ""


def _read(source: bytes, tag: Tag) -> WrittenTable:
    def text(parent: Tag | None) -> str:
        return _text(source, _first(parent, "text"))

    def condition(number: int, column: Tag) -> TableColumn:
        looked_at = _first(column, "inputExpression")
        allowed = text(_first(column, "inputValues"))
        return TableColumn(
            _attribute(column, "label"), text(looked_at), _attribute(looked_at, "typeRef"), allowed, origin=number
        )

    def result(number: int, column: Tag) -> TableColumn:
        allowed, default = (text(_first(column, one)) for one in ("outputValues", "defaultOutputEntry"))
        label, name, kind = (_attribute(column, one) for one in ("label", "name", "typeRef"))
        return TableColumn(label, name, kind, allowed, default, number)

    def row(number: int, rule: Tag) -> TableRow:
        cells = (*_own(rule, "inputEntry"), *_own(rule, "outputEntry"))
        note = text(_first(rule, "annotationEntry")) or _text(source, _first(rule, "description"))
        return TableRow(tuple(text(one) for one in cells), note, number)

    return WrittenTable(
        policy=_attribute(tag, "hitPolicy"),
        aggregation=_attribute(tag, "aggregation"),
        inputs=tuple(condition(*one) for one in enumerate(_own(tag, "input"))),
        outputs=tuple(result(*one) for one in enumerate(_own(tag, "output"))),
        rows=tuple(row(*one) for one in enumerate(_own(tag, "rule"))),
    )


class _Writer:
    """Writes one table anew from the parts that it is made of in the file."""

    def __init__(self, parts: Parts, tag: Tag) -> None:
        self._parts, self._tag = parts, tag
        self._before = _read(parts.source, tag)
        self._found = {local: list(_own(tag, local)) for local in ("input", "output", "rule", "annotation")}
        self._written_notes = max(1, len(self._found["annotation"])) if self._found["annotation"] else 0

    def written(self, edited: WrittenTable) -> str:
        before = self._before
        head = {
            name: value
            for name, value, old in (
                ("hitPolicy", edited.policy, before.policy),
                ("aggregation", edited.aggregation, before.aggregation),
            )
            if value != old
        }
        columns = {
            "input": [self._column("input", one, self._input) for one in edited.inputs],
            "output": [self._column("output", one, self._output) for one in edited.outputs],
            "rule": [self._rule(one, edited) for one in edited.rows],
        }
        return self._parts.element(self._tag, head, columns, _ORDER)

    def _column(
        self, local: str, column: TableColumn, write: Callable[[Tag | None, TableColumn, TableColumn], str]
    ) -> str:
        known = self._before.inputs if local == "input" else self._before.outputs
        if column.origin is None:
            return self._parts.placed(None, write(None, column, TableColumn("", "")))
        tag = self._known(local, column.origin)
        return self._parts.placed(tag, write(tag, column, known[column.origin]))

    def _known(self, local: str, origin: int) -> Tag:
        if not 0 <= origin < len(self._found[local]):
            raise TableNotAsRead
        return self._found[local][origin]

    def _input(self, tag: Tag | None, column: TableColumn, before: TableColumn) -> str:
        changed = {"label": column.label} if column.label != before.label else {}
        looked_at, parts = _first(tag, "inputExpression"), {}
        if tag is None or (column.source, column.kind) != (before.source, before.kind):
            kind = {"typeRef": column.kind} if column.kind != before.kind else {}
            parts["inputExpression"] = self._texts(looked_at, "inputExpression", column.source, kind)
        if column.allowed != before.allowed:
            parts["inputValues"] = self._texts(_first(tag, "inputValues"), "inputValues", column.allowed)
        return self._parts.assembled(tag, "input", changed, parts, _OF_INPUT)

    def _output(self, tag: Tag | None, column: TableColumn, before: TableColumn) -> str:
        said = {"label": (column.label, before.label), "name": (column.source, before.source)}
        said["typeRef"] = (column.kind, before.kind)
        changed = {name: new for name, (new, old) in said.items() if new != old}
        parts = {}
        if column.allowed != before.allowed:
            parts["outputValues"] = self._texts(_first(tag, "outputValues"), "outputValues", column.allowed)
        if column.default != before.default:
            entry = _first(tag, "defaultOutputEntry")
            parts["defaultOutputEntry"] = self._texts(entry, "defaultOutputEntry", column.default)
        return self._parts.assembled(tag, "output", changed, parts, _OF_OUTPUT)

    def _rule(self, row: TableRow, edited: WrittenTable) -> str:
        if len(row.cells) != len(edited.inputs) + len(edited.outputs):
            raise TableNotAsRead
        tag = self._known("rule", row.origin) if row.origin is not None else None
        split = len(edited.inputs)
        parts = {
            "inputEntry": self._cells(tag, "inputEntry", edited.inputs, row.cells[:split]),
            "outputEntry": self._cells(tag, "outputEntry", edited.outputs, row.cells[split:]),
        }
        notes = list(_own(tag, "annotationEntry")) if tag else []
        before = self._before.rows[row.origin].note if row.origin is not None else ""
        if tag is None and self._written_notes:
            texts = (row.note, *("" for _ in range(self._written_notes - 1)))
            parts["annotationEntry"] = [self._placed(None, "annotationEntry", one) for one in texts]
        elif row.note != before and notes:
            first = self._placed(notes[0], "annotationEntry", row.note)
            parts["annotationEntry"] = [first, *(self._parts.chunk(one) for one in notes[1:])]
        elif row.note != before:
            description = _first(tag, "description")
            parts["description"] = [self._leaf(description, "description", row.note)] if row.note else []
        return self._parts.placed(tag, self._parts.assembled(tag, "rule", {}, parts, _OF_RULE))

    def _cells(
        self, rule: Tag | None, local: str, columns: tuple[TableColumn, ...], texts: tuple[str, ...]
    ) -> list[str]:
        found = list(_own(rule, local)) if rule else []
        written = []
        for column, text in zip(columns, texts, strict=True):
            tag = found[column.origin] if column.origin is not None and column.origin < len(found) else None
            written.append(self._placed(tag, local, text))
        return written

    def _texts(self, tag: Tag | None, local: str, text: str, attributes: Mapping[str, str] | None = None) -> list[str]:
        """The only element of that name in its column; none where there is nothing to say."""
        if not text and not attributes and local != "inputExpression":
            return []
        return [self._placed(tag, local, text, attributes)]

    def _placed(self, tag: Tag | None, local: str, text: str, attributes: Mapping[str, str] | None = None) -> str:
        return self._parts.placed(tag, self._entry(tag, local, text, attributes))

    def _entry(self, tag: Tag | None, local: str, text: str, attributes: Mapping[str, str] | None = None) -> str:
        inside = _first(tag, "text")
        parts = {"text": [self._leaf(inside, "text", text)]}
        if tag is not None and not attributes and _text(self._parts.source, inside) == text:
            return self._parts.raw(tag)
        return self._parts.assembled(tag, local, attributes or {}, parts, _OF_TEXT)

    def _leaf(self, tag: Tag | None, local: str, text: str) -> str:
        if tag is not None and _text(self._parts.source, tag) == text:
            return self._parts.chunk(tag)
        return self._parts.placed(tag, self._parts.leaf(tag, local, text))
