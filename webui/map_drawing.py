"""What the page on which a map is drawn needs to know: words, checks, names to choose from, and the map's own state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from engine.alphabet import sort_key
from engine.bpmn.compiled import StepDefinition
from engine.bpmn.finding_texts import message_template, remedy_template
from engine.bpmn.findings import Finding, Severity
from engine.bpmn.reading.property_keys import PROPERTY_WORDS
from engine.commands.definitions import publishing_findings
from engine.errors import N_
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.queries.definitions import DefinitionView
from engine.queries.directories import directory
from webui.formats import when
from webui.i18n import _, locale
from webui.map_findings import finding_groups
from webui.map_steps import escalation_words

_NOTHING_TO_DO = N_("Nothing to do.")

# What the page checks by itself while one draws, as severe as the server says it before publishing.
_CHECKED_THERE: Mapping[str, Severity] = {
    "STAGE_MISSING": Severity.ERROR,
    "DEADLINE_MISSING": Severity.ERROR,
    "RESPONSIBLE_MISSING": Severity.ERROR,
    "NOTHING_TO_EXECUTE": Severity.ERROR,
    "DEADLOCK": Severity.ERROR,
    "UNREACHABLE": Severity.WARNING,
    "IMPLICIT_SPLIT": Severity.WARNING,
    "NO_DEFAULT": Severity.WARNING,
    "EMPTY_SUB_PROCESS": Severity.WARNING,
    "IMPLICIT_END": Severity.INFO,
    "WAY_ASKED": Severity.INFO,
}

_WORDS = {
    "unsaved": N_("Not saved yet…"),
    "saving": N_("Saving…"),
    "saved": N_("Saved %(time)s"),
    "offline": N_("Not saved: the server does not answer. It will be tried again."),
    "signed_out": N_("Not saved: you are signed out. Sign in in another tab; it will be tried again."),
    "conflict": N_("Not saved: somebody has changed the map meanwhile."),
    "held": N_("Not saved here: see below why."),
    "refused": N_("Not saved."),
    "comments": N_("Comments inside the file will be lost: %(count)s."),
    "no_remarks": N_("Nothing: the map was read without a remark."),
    "error": N_("Error"),
    "warning": N_("Warning"),
    "info": N_("Good to know"),
    "several": N_("Several elements"),
    "whole_map": N_("The whole map"),
    "difference_added": N_("Only in yours: “%(name)s”"),
    "difference_removed": N_("Not in yours: “%(name)s”"),
    "difference_changed": N_("Different: “%(name)s”"),
    "difference_moved": N_("Moved: “%(name)s”"),
    "difference_none": N_("There is no difference."),
    "simulate_play": N_("Play or pause"),
    "simulate_reset": N_("From the beginning"),
    "simulate_pass": N_("Choose another way"),
    "simulate_trigger": N_("Let it happen"),
    "simulate_pause": N_("Stop here"),
    "simulate_speed": N_("Speed"),
}


def drawing_setup(state: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the page's script is given, in the reader's language. ``state`` is that of the map."""
    return {
        "locale": locale().language,
        "words": {name: _(text) for name, text in _WORDS.items()},
        "codes": {code: _code(code, severity) for code, severity in _CHECKED_THERE.items()},
        "property_words": {word: key.value for word, key in PROPERTY_WORDS.items()},
        "state": state,
    }


def drawing_state(session: Session, view: DefinitionView) -> dict[str, Any]:
    """The map as the server has it: where it is, what was read of it, and what is noticed about it."""
    definition = session.get_one(ProcessDefinition, view.row.id)
    saved_at = definition.amended_at or definition.created_at
    return {
        "key": view.row.key,
        "title": view.row.name,
        "version": version_words(view),
        "revision": definition.revision,
        "savedAt": when(saved_at),
        "saveUrl": url_for("drawing.save", definition_id=view.row.id),
        "presenceUrl": url_for("drawing.presence", definition_id=view.row.id),
        "editUrl": url_for("drawing.edit", definition_id=view.row.id),
        "mapUrl": url_for("maps.show", definition_id=view.row.id),
        "drawingUrl": url_for("maps.drawing", definition_id=view.row.id),
        "findings": told_findings(publishing_findings(session, definition)),
        "understood": {one.source_id: _understood(one) for one in view.steps if one.process_key == view.row.key},
    }


def version_words(view: DefinitionView) -> str:
    """Which version is drawn on, and what happens to one that is no draft."""
    if view.row.state is DefinitionState.DRAFT:
        return _("Draft, version %(version)s", version=view.row.version)
    return _("Version %(version)s stays as it is: your changes go into a new draft", version=view.row.version)


def told_findings(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Findings in words, as the page's script shows them."""
    return [
        {
            "code": line.finding.code,
            "severity": group.severity.value,
            "element": finding.element_id or "",
            "name": finding.element_name or "",
            "text": line.text,
            "remedy": line.remedy,
        }
        for group in finding_groups(findings)
        for line in group.lines
        for finding in line.all
    ]


def names_to_choose(session: Session) -> tuple[list[str], list[str]]:
    """The departments and the people that a step can be given to."""
    known = directory(session)
    departments = sorted((one.name for one in known.in_use), key=sort_key)
    return departments, sorted((one.full_name for one in known.people if one.is_active), key=sort_key)


def _code(code: str, severity: Severity) -> dict[str, str]:
    remedy = _(remedy_template(code))
    return {
        "severity": severity.value,
        "message": _(message_template(code)),
        "remedy": "" if remedy == _(_NOTHING_TO_DO) else remedy,
    }


def _understood(step: StepDefinition) -> dict[str, str]:
    return {
        "stage": step.stage,
        "deadline": step.deadline_text,
        "responsible": ", ".join(step.responsible),
        "escalation": "; ".join(escalation_words(step.escalation)) if step.escalation is not None else "",
        "instruction": step.instruction,
    }
