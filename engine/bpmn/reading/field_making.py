"""From what a form says of a field, in any notation, to its definition; what cannot be had is told, not dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from engine.bpmn.compiled import FieldChoice, FieldDefinition, FieldType
from engine.bpmn.expressions import ExpressionRefused, compile_expression, is_formula
from engine.bpmn.field_patterns import is_usable_pattern

MOST_FIELDS: Final = 200  # of one form
MOST_COLUMNS: Final = 20
_LONGEST_NAME = 150

_TYPES = {field_type.value: field_type for field_type in FieldType} | {
    "string": FieldType.TEXT,
    "str": FieldType.TEXT,
    "textfield": FieldType.TEXT,
    "password": FieldType.TEXT,
    "url": FieldType.TEXT,
    "textarea": FieldType.LONG_TEXT,
    "multi-line-text": FieldType.LONG_TEXT,
    "long": FieldType.NUMBER,
    "int": FieldType.NUMBER,
    "integer": FieldType.NUMBER,
    "double": FieldType.NUMBER,
    "float": FieldType.NUMBER,
    "decimal": FieldType.NUMBER,
    "boolean": FieldType.YES_NO,
    "bool": FieldType.YES_NO,
    "checkbox": FieldType.YES_NO,
    "datetime": FieldType.MOMENT,
    "date-time": FieldType.MOMENT,
    "enum": FieldType.CHOICE,
    "select": FieldType.CHOICE,
    "radio": FieldType.CHOICE,
    "dropdown": FieldType.CHOICE,
    "radio-buttons": FieldType.CHOICE,
    "checklist": FieldType.MANY,
    "taglist": FieldType.MANY,
    "people": FieldType.PERSON,
    "user": FieldType.PERSON,
    "tel": FieldType.PHONE,
    "table": FieldType.LINES,
    "dynamiclist": FieldType.LINES,
    "files": FieldType.FILE,
    "filepicker": FieldType.FILE,
    "upload": FieldType.FILE,
}
_NUMBERS = frozenset({FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT})
_DAYS = frozenset({FieldType.DATE, FieldType.MOMENT})
_CHOOSING = frozenset({FieldType.CHOICE, FieldType.MANY})
_COUNTED = frozenset({FieldType.TEXT, FieldType.LONG_TEXT, FieldType.MANY, FieldType.LINES, FieldType.FILE})
_NO_COLUMNS = frozenset({FieldType.LINES, FieldType.MANY, FieldType.PERSON, FieldType.CLIENT, FieldType.FILE})
_NUMBER = re.compile(r"[+-]?\d[\d\s\u00a0\u202f]*(?:[.,]\d+)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d\S*)?|\d{1,2}[./]\d{1,2}[./]\d{4}(?:,? \d{1,2}:\d\d)?")
_COUNT = re.compile(r"\d{1,6}")


@dataclass(slots=True)
class SaidField:
    """A field as some form says it, all of it text. ``type`` may be any word that a tool has for it."""

    name: str
    label: str = ""
    type: str = "text"
    required: bool = False
    choices: list[FieldChoice] = field(default_factory=list)
    default: str | None = None
    help: str = ""
    placeholder: str = ""
    minimum: str | None = None
    maximum: str | None = None
    pattern: str | None = None
    visible_if: str | None = None
    formula: str | None = None
    shown_as: str = ""
    columns: list[SaidField] = field(default_factory=list)
    total: bool = False
    several: bool = False
    accept: str = ""


@dataclass(frozen=True, slots=True)
class FormProblem:
    """Something of a form that is not as it was said, by the code of its finding."""

    code: str
    severity: Literal["error", "warning", "info"]
    params: Mapping[str, str]


@dataclass(slots=True)
class ReadForm:
    """The fields of one form so far, and what was noticed about it."""

    fields: list[FieldDefinition] = field(default_factory=list)
    problems: list[FormProblem] = field(default_factory=list)

    def add(self, said: SaidField) -> None:
        if not said.name:
            self.warn("FIELD_WITHOUT_NAME", field=said.label or said.type)
        elif any(one.name == said.name for one in self.fields):
            self.warn("FIELD_TWICE", field=said.name)
        elif len(self.fields) >= MOST_FIELDS:
            self.warn("FORM_TOO_LONG", limit=str(MOST_FIELDS))
        elif len(said.name) > _LONGEST_NAME:
            self.leave_out(said.name, said.type)
        elif (made := _Making(self, said).definition()) is not None:
            self.fields.append(made)

    def warn(self, code: str, **params: str) -> None:
        self._note(code, "warning", params)

    def fail(self, code: str, **params: str) -> None:
        self._note(code, "error", params)

    def tell(self, code: str, **params: str) -> None:
        self._note(code, "info", params)

    def leave_out(self, name: str, kind: str) -> None:
        self.warn("FIELD_LEFT_OUT", field=name, type=kind)

    def ignore_rule(self, name: str, rule: str) -> None:
        self.warn("FIELD_RULE_IGNORED", field=name, rule=rule)

    def _note(self, code: str, severity: Literal["error", "warning", "info"], params: Mapping[str, str]) -> None:
        problem = FormProblem(code, severity, dict(params))
        if problem not in self.problems:
            self.problems.append(problem)


def field_type(text: str) -> FieldType | None:
    return _TYPES.get(text.strip().lower())


@dataclass(frozen=True, slots=True)
class _Making:
    form: ReadForm
    said: SaidField
    within: str = ""  # the table that it is a column of

    @property
    def title(self) -> str:
        name = self.said.label or self.said.name
        return f"{self.within}: {name}" if self.within else name

    def definition(self) -> FieldDefinition | None:
        said = self.said
        kind = field_type(said.type or "text")
        if kind is None:
            self.form.warn("FIELD_TYPE_UNKNOWN", field=self.title, type=said.type)
            kind = FieldType.TEXT
        if self.within and kind in _NO_COLUMNS:
            self.form.leave_out(self.title, said.type)
            return None
        if said.formula and kind is not FieldType.CALCULATED:
            said.shown_as, kind = said.shown_as or kind.value, FieldType.CALCULATED
        shown_as = self._shown_as(kind)
        value_type = shown_as or kind
        columns = self._columns(kind, value_type)
        if value_type is FieldType.LINES and not columns:
            if kind is not FieldType.READ_ONLY:
                self.form.leave_out(self.title, said.type)
                return None
            shown_as = None  # shown as the step shows it that asks for it
        if kind in _CHOOSING and not said.choices:
            self.form.warn("FIELD_CHOICES_MISSING", field=self.title)
        return FieldDefinition(
            name=said.name,
            label=said.label or ("" if self.within else said.name),
            type=kind,
            required=said.required,
            choices=tuple(said.choices),
            default=self._default(value_type),
            help=said.help,
            minimum=self._limit(said.minimum, value_type),
            maximum=self._limit(said.maximum, value_type),
            pattern=self._pattern(),
            placeholder=said.placeholder,
            visible_if=None if self.within else self._expression(said.visible_if, "FIELD_CONDITION_NOT_UNDERSTOOD"),
            formula=self._formula(kind),
            shown_as=shown_as,
            columns=columns,
            total=said.total,
            several=said.several or said.type.strip().lower() == "files",
            accept=said.accept,
        )

    def _shown_as(self, kind: FieldType) -> FieldType | None:
        if kind not in (FieldType.CALCULATED, FieldType.READ_ONLY) or not self.said.shown_as:
            return None
        found = field_type(self.said.shown_as)
        if found is None:
            self.form.warn("FIELD_TYPE_UNKNOWN", field=self.title, type=self.said.shown_as)
        return None if found in (FieldType.CALCULATED, FieldType.READ_ONLY) else found

    def _columns(self, kind: FieldType, value_type: FieldType) -> tuple[FieldDefinition, ...]:
        if value_type is not FieldType.LINES:
            return ()
        if kind is FieldType.LINES and not self.said.columns:
            return GOODS
        if len(self.said.columns) > MOST_COLUMNS:
            self.form.warn("TABLE_TOO_WIDE", field=self.title, limit=str(MOST_COLUMNS))
        made: dict[str, FieldDefinition] = {}
        for column in self.said.columns[:MOST_COLUMNS]:
            definition = _Making(self.form, column, self.title).definition() if column.name else None
            if definition is not None:
                made.setdefault(definition.name, definition)
        return tuple(made.values())

    def _default(self, kind: FieldType) -> str | None:
        default = self.said.default
        if default is None or default == "":
            return default
        if is_formula(default):
            return self._expression(default, "FIELD_DEFAULT_NOT_UNDERSTOOD")
        if not self._fits(default, kind):
            self.form.warn("FIELD_DEFAULT_NOT_UNDERSTOOD", field=self.title, text=default)
            return None
        return default

    def _fits(self, text: str, kind: FieldType) -> bool:
        if kind in _NUMBERS:
            return _NUMBER.fullmatch(text.strip().rstrip("%₴ ")) is not None
        if kind in _DAYS:
            return _DAY.fullmatch(text.strip()) is not None
        known = {word.casefold() for one in self.said.choices for word in (one.value, one.label)}
        return kind is not FieldType.CHOICE or not known or text.strip().casefold() in known

    def _limit(self, text: str | None, kind: FieldType) -> str | None:
        if text is None or not text.strip():
            return None
        readable = _NUMBER if kind in _NUMBERS else _DAY if kind in _DAYS else _COUNT if kind in _COUNTED else None
        if readable is None:
            self.form.ignore_rule(self.title, text)
        elif readable.fullmatch(text.strip()) is None:
            self.form.warn("FIELD_LIMIT_NOT_UNDERSTOOD", field=self.title, text=text)
        else:
            return text.strip()
        return None

    def _pattern(self) -> str | None:
        pattern = self.said.pattern
        if pattern and not is_usable_pattern(pattern):
            self.form.warn("FIELD_PATTERN_REFUSED", field=self.title, text=pattern)
            return None
        return pattern or None

    def _formula(self, kind: FieldType) -> str | None:
        if kind is not FieldType.CALCULATED:
            return None
        formula = self._expression(self.said.formula, "FIELD_FORMULA_NOT_UNDERSTOOD")
        if formula is None and not self.said.formula:
            self.form.fail("FIELD_FORMULA_NOT_UNDERSTOOD", field=self.title, text="")
        return formula

    def _expression(self, text: str | None, code: str) -> str | None:
        """The expression, if the language accepts it. A value that cannot be calculated stands against publishing."""
        if text is None or not text.strip():
            return None
        try:
            compile_expression(text)
        except ExpressionRefused:
            (self.form.fail if code == "FIELD_FORMULA_NOT_UNDERSTOOD" else self.form.warn)(
                code, field=self.title, text=text
            )
            return None
        return text.strip()


GOODS: Final = (
    FieldDefinition(name="item", label="", required=True),
    FieldDefinition(name="quantity", label="", type=FieldType.NUMBER, required=True, minimum="0", default="1"),
    FieldDefinition(name="price", label="", type=FieldType.MONEY, required=True, minimum="0"),
    FieldDefinition(name="discount", label="", type=FieldType.PERCENT, minimum="0", maximum="100"),
    FieldDefinition(
        name="sum",
        label="",
        type=FieldType.CALCULATED,
        formula="= quantity * price * (1 - discount / 100)",
        shown_as=FieldType.MONEY,
        total=True,
    ),
)
"""The columns of a table for which the map names none: what is sold. Their labels are the reader's language's."""
