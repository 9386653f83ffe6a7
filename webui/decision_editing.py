"""What the page that edits a decision table needs: the table, its words, and what is noticed about it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from html import escape
from typing import Annotated, Any

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy.orm import Session

from engine.bpmn.dmn.limits import MAX_COLUMNS, MAX_RULES
from engine.bpmn.findings import Finding
from engine.bpmn.writing import PlacedTable, TableColumn, TableNotAsRead, TableRow, WrittenTable
from engine.commands.definitions import publishing_findings
from engine.errors import N_
from engine.model.process_definition import ProcessDefinition
from engine.queries.definitions import DefinitionView
from webui.decision_tables import POLICY_WORDS
from webui.formats import when
from webui.i18n import _
from webui.map_drawing import version_words
from webui.map_findings import finding_groups

_LONGEST_TEXT = 10_000

_WORDS = {
    "unsaved": N_("Not saved yet…"),
    "saving": N_("Saving…"),
    "saved": N_("Saved %(time)s"),
    "offline": N_("Not saved: the server does not answer. Try again."),
    "signed_out": N_("Not saved: you are signed out. Sign in in another tab and save again."),
    "conflict": N_("Not saved: somebody has changed the map meanwhile."),
    "refused": N_("Not saved."),
    "error": N_("Error"),
    "warning": N_("Warning"),
    "info": N_("Good to know"),
    "no_findings": N_("Nothing: the table was read without a remark."),
    "rule": N_("Rule"),
    "note": N_("Note"),
    "any": N_("any"),
    "condition": N_("Condition"),
    "result": N_("Result"),
    "label": N_("Heading"),
    "looks_at": N_("What it looks at"),
    "kept_as": N_("Kept under the name"),
    "kind": N_("Kind of value"),
    "allowed": N_("Allowed values"),
    "default": N_("If no rule matches"),
    "more": N_("More"),
    "left": N_("Move the column left"),
    "right": N_("Move the column right"),
    "remove_column": N_("Remove the column"),
    "up": N_("Move the rule up"),
    "down": N_("Move the rule down"),
    "copy": N_("Copy the rule"),
    "remove_rule": N_("Remove the rule"),
    "cell": N_("Rule %(rule)s, %(column)s"),
}
# As DMN calls them.
_KINDS = {
    "": N_("any value"),
    "string": N_("text"),
    "number": N_("number"),
    "boolean": N_("yes or no"),
    "date": N_("date"),
    "dateTime": N_("date and time"),
    "time": N_("time"),
}

_Text = Annotated[str, StringConstraints(max_length=_LONGEST_TEXT)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _SentColumn(_Strict):
    label: _Text
    source: _Text
    kind: _Text
    allowed: _Text
    default: _Text
    origin: int | None


class _SentRow(_Strict):
    cells: list[_Text] = Field(max_length=2 * MAX_COLUMNS)
    note: _Text
    origin: int | None


class _SentTable(_Strict):
    policy: _Text
    aggregation: _Text
    inputs: list[_SentColumn] = Field(max_length=2 * MAX_COLUMNS)
    outputs: list[_SentColumn] = Field(max_length=2 * MAX_COLUMNS)
    rows: list[_SentRow] = Field(max_length=2 * MAX_RULES)


def sent_table(content: bytes) -> WrittenTable:
    """The table as the page's script sends it. Raises TableNotAsRead for anything else."""
    try:
        sent = _SentTable.model_validate_json(content)
    except ValidationError:
        raise TableNotAsRead from None
    return WrittenTable(
        policy=sent.policy,
        aggregation=sent.aggregation,
        inputs=tuple(TableColumn(**one.model_dump()) for one in sent.inputs),
        outputs=tuple(TableColumn(**one.model_dump()) for one in sent.outputs),
        rows=tuple(TableRow(tuple(one.cells), one.note, one.origin) for one in sent.rows),
    )


def editing_setup(state: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the page's script is given, in the reader's language."""
    return {
        "words": {name: _(text) for name, text in _WORDS.items()},
        "kinds": [(kind, _(text)) for kind, text in _KINDS.items()],
        "policies": [(name, _(text)) for name, text in POLICY_WORDS.items()],
        "state": state,
    }


def editing_state(
    session: Session, view: DefinitionView, position: int, placed: PlacedTable, content: bytes
) -> dict[str, Any]:
    """The table as the server has it, with the file it stands in and what is noticed about it."""
    definition = session.get_one(ProcessDefinition, view.row.id)
    return {
        "title": placed.title,
        "version": version_words(view),
        "revision": definition.revision,
        "savedAt": when(definition.amended_at or definition.created_at),
        "saveUrl": url_for("decisions.save", definition_id=view.row.id, position=position),
        "editUrl": url_for("decisions.edit", definition_id=view.row.id, position=position),
        "mapUrl": url_for("maps.show", definition_id=view.row.id),
        "table": asdict(placed.table),
        "file": b64encode(content).decode(),
        "findings": _told(one for one in publishing_findings(session, definition) if _is_about(one, placed)),
    }


def begun_table(decision_id: str, name: str) -> bytes:
    """A DMN file of one small table, in the reader's language, for its author to change."""
    amount, size = escape(_("Deal amount")), escape(_("Size of the deal"))
    rules = ((">= 100000", _("large")), ("-", _("usual")))
    rows = "".join(
        f"      <rule>\n        <inputEntry><text>{escape(tests, quote=False)}</text></inputEntry>\n"
        f'        <outputEntry><text>"{escape(said)}"</text></outputEntry>\n      </rule>\n'
        for tests, said in rules
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="{escape(decision_id)}_file" \
name="{escape(name)}" namespace="https://reglament.app/decisions">
  <decision id="{escape(decision_id)}" name="{escape(name)}">
    <decisionTable hitPolicy="FIRST">
      <input label="{amount}">
        <inputExpression typeRef="number"><text>deal.amount</text></inputExpression>
      </input>
      <output label="{size}" name="deal_size" typeRef="string"/>
{rows}    </decisionTable>
  </decision>
</definitions>
""".encode()


def _is_about(finding: Finding, placed: PlacedTable) -> bool:
    return finding.element_id == placed.decision_id and finding.file in {placed.file, None}


def _told(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """``rule`` is a number from 1, ``column`` a heading; both may be empty."""
    return [
        {
            "severity": group.severity.value,
            "text": line.text,
            "remedy": line.remedy,
            "rule": finding.params.get("rule", ""),
            "column": finding.params.get("column", ""),
        }
        for group in finding_groups(findings)
        for line in group.lines
        for finding in line.all
    ]
