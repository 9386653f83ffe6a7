"""Own fields of clients and contacts: what may be said of one, and how a map's forms take them over.

They are fields as steps have them: one type of definition, read and written by the same code everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from engine.bpmn.compiled import CompiledProcess, FieldChoice, FieldDefinition, FieldType, StepDefinition
from engine.bpmn.reading.field_making import ReadForm, SaidField
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput
from engine.model.own_field import FieldSubject
from engine.policy.field_values import from_json

CLIENT_ROOT: Final = "client."
"""Before the names of a client's fields in maps."""
TYPES: Final = tuple(
    kind
    for kind in FieldType
    if kind not in {FieldType.LINES, FieldType.FILE, FieldType.READ_ONLY, FieldType.CALCULATED}
)
"""The types that an own field may have: files and tables belong to deals, and nobody types the others."""
COLUMNS: Final[Mapping[FieldSubject, frozenset[str]]] = {
    FieldSubject.CLIENT: frozenset({"name", "edrpou", "segment", "source", "phone", "email", "owner", "owner_id"}),
    FieldSubject.CONTACT: frozenset({"full_name", "name", "position", "phone", "email", "client"}),
}
"""Names that every client or contact has of itself."""
MOST_FIELDS = 100
MOST_CHOICES = 200
_LONGEST_NAME, _LONGEST_LABEL, _LONGEST_HELP = 64, 150, 500
_NAME = re.compile(r"[^\W\d_]\w*")
_INPUT_OF = {
    "FIELD_LIMIT_NOT_UNDERSTOOD": "limits",
    "FIELD_RULE_IGNORED": "limits",
    "FIELD_PATTERN_REFUSED": "pattern",
    "FIELD_CHOICES_MISSING": "choices",
}
_LATIN = str.maketrans(
    dict(zip("абвгґдезиіїйклмнопрстуф", "abvhgdezyiiiklmnoprstuf", strict=True))
    | {"є": "ie", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "iu", "я": "ia"}
    | dict.fromkeys("ь'’ʼ", "")
)


class FieldNameTaken(DomainError):
    code: ClassVar[str] = "field_name_taken"
    template: ClassVar[str] = N_("There is a field “%(name)s” already.")


class ChoiceTwice(DomainError):
    code: ClassVar[str] = "choice_twice"
    template: ClassVar[str] = N_("Two choices have the value “%(value)s”.")


@dataclass(frozen=True, slots=True)
class KnownField:
    """An own field as the company has it now."""

    id: int
    subject: FieldSubject
    definition: FieldDefinition
    is_listed: bool
    is_retired: bool

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def name_in_maps(self) -> str:
        return f"{self.subject.value}.{self.name}"


@dataclass(frozen=True, slots=True)
class OwnFieldDraft:
    """What is typed about an own field. ``name`` may be left out: it is made of the label.

    ``choices`` has one per line, ``value=label`` or just the label. ``minimum`` and ``maximum`` bound a number or a
    date, the length of a text, the count of choices.
    """

    label: str
    type: str = FieldType.TEXT.value
    name: str = ""
    required: bool = False
    choices: str = ""
    minimum: str = ""
    maximum: str = ""
    pattern: str = ""
    help: str = ""
    is_listed: bool = False


def definition_of(draft: OwnFieldDraft, subject: FieldSubject, taken: Iterable[str]) -> FieldDefinition:
    """The field that the draft describes, made by the same code as the fields of a map. ``taken`` names are in use.

    Raises InvalidInput with the error of every input.
    """
    errors: dict[str, DomainError] = {}
    label = " ".join(draft.label.split())
    if not label:
        errors["label"] = FieldRequired(label=N_("Label"))
    elif len(label) > _LONGEST_LABEL:
        errors["label"] = FieldNotUnderstood(value=label[:50], expected=N_("a text"))
    if draft.type not in {kind.value for kind in TYPES}:
        errors["type"] = FieldNotUnderstood(value=draft.type[:50], expected=N_("a type of fields"))
    name = draft.name.strip() or name_of(label)
    errors |= _faults_of_name(name, subject, taken) if label else {}
    choices = _choices(draft.choices) if draft.type in {FieldType.CHOICE, FieldType.MANY} else []
    values = [one.value for one in choices]
    if twice := next((value for value in values if values.count(value) > 1), None):
        errors["choices"] = ChoiceTwice(value=twice)
    elif len(values) > MOST_CHOICES:
        errors["choices"] = FieldNotUnderstood(value=len(values), expected=N_("a list of at most 200 choices"))
    if errors:
        raise InvalidInput(errors)
    form = ReadForm()
    form.add(
        SaidField(
            name=name,
            label=label,
            type=draft.type,
            required=draft.required,
            choices=choices,
            minimum=draft.minimum.strip() or None,
            maximum=draft.maximum.strip() or None,
            pattern=draft.pattern.strip() or None,
            help=draft.help.strip()[:_LONGEST_HELP],
        )
    )
    errors = {_INPUT_OF.get(problem.code, "label"): _fault(problem.code, draft) for problem in form.problems}
    if errors:
        raise InvalidInput(errors)
    return form.fields[0]


def name_of(label: str) -> str:
    """A name for maps made of a label: Latin letters, as in a Ukrainian passport, joined by underscores."""
    words = re.findall(r"[a-z0-9]+", label.lower().translate(_LATIN))
    return "_".join(words)[:_LONGEST_NAME].strip("_").lstrip("0123456789_")


def _faults_of_name(name: str, subject: FieldSubject, taken: Iterable[str]) -> dict[str, DomainError]:
    if len(name) > _LONGEST_NAME or _NAME.fullmatch(name) is None:
        expected = N_("a name of letters, digits and underscores that begins with a letter")
        return {"name": FieldNotUnderstood(value=name[:_LONGEST_NAME], expected=expected)}
    if name in COLUMNS[subject] or name in set(taken):
        return {"name": FieldNameTaken(name=name)}
    return {}


def _choices(text: str) -> list[FieldChoice]:
    """One per line: ``value=label``, or a label that is its own value."""
    made = []
    for line in text.splitlines():
        value, sign, label = line.partition("=")
        if value.strip():
            made.append(FieldChoice(value=value.strip(), label=(label if sign else value).strip() or value.strip()))
    return made


def choices_text(choices: Iterable[FieldChoice]) -> str:
    """The choices as they are typed."""
    return "\n".join(one.value if one.value == one.label else f"{one.value}={one.label}" for one in choices)


def _fault(code: str, draft: OwnFieldDraft) -> DomainError:
    match _INPUT_OF.get(code):
        case "limits":
            value = ", ".join(one for one in (draft.minimum.strip(), draft.maximum.strip()) if one)
            expected = N_("a number, a date or a count, as the type of the field needs")
            return FieldNotUnderstood(value=value[:100], expected=expected)
        case "pattern":
            return FieldNotUnderstood(value=draft.pattern[:100], expected=N_("a pattern that is checked quickly"))
        case "choices":
            return FieldRequired(label=N_("Choices"))
        case _:
            return FieldNotUnderstood(value=draft.label[:100], expected=N_("a field"))


def typed_values(stored: Mapping[str, Any], fields: Mapping[str, FieldDefinition]) -> dict[str, Any]:
    """Stored JSON as typed values, with nothing for each field that has no value. What does not fit stays as it is."""
    typed: dict[str, Any] = {**dict.fromkeys(fields), **stored}
    for name, value in stored.items():
        if name in fields:
            try:
                typed[name] = from_json(fields[name], value)
            except FieldNotUnderstood:
                continue
    return typed


def with_client_fields(process: CompiledProcess, fields: Mapping[str, FieldDefinition]) -> CompiledProcess:
    """The map with the company's fields where its forms name a client's: the same field, whoever asks for it."""
    if not fields:
        return process
    steps = {name: _step_with(step, fields) for name, step in process.steps.items()}
    return process.model_copy(update={"steps": steps, "client_fields": dict(fields)})


def _step_with(step: StepDefinition, fields: Mapping[str, FieldDefinition]) -> StepDefinition:
    if not any(one.name.startswith(CLIENT_ROOT) for one in step.fields):
        return step
    return step.model_copy(update={"fields": tuple(as_company_says(one, fields) for one in step.fields)})


def as_company_says(field: FieldDefinition, fields: Mapping[str, FieldDefinition]) -> FieldDefinition:
    """A field of a form by the company's definition. Whether a step needs it, shows it or asks for it is the map's."""
    own = fields.get(field.name.removeprefix(CLIENT_ROOT)) if field.name.startswith(CLIENT_ROOT) else None
    if own is None or field.type is FieldType.CALCULATED:
        return field
    label = own.label if field.label in {"", field.name} else field.label
    if field.type is FieldType.READ_ONLY:
        return field.model_copy(update={"label": label, "shown_as": own.type, "choices": own.choices})
    return own.model_copy(
        update={
            "name": field.name,
            "label": label,
            "required": field.required or own.required,
            "default": field.default,
            "help": field.help or own.help,
            "placeholder": field.placeholder,
            "visible_if": field.visible_if,
        }
    )


def fields_by_name(known: Sequence[KnownField], subject: FieldSubject) -> dict[str, FieldDefinition]:
    """All definitions of a subject, retired ones too: their values can still be read."""
    return {one.name: one.definition for one in known if one.subject is subject}
