"""What is noticed about a map as its page shows it: grouped by severity, each remark with its remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.bpmn.findings import Finding, Severity
from engine.errors import N_
from webui.i18n import _
from webui.messages import finding_message, finding_remedy

_NOTHING_TO_DO = N_("Nothing to do.")


@dataclass(frozen=True, slots=True)
class FindingLine:
    """``remedy`` is empty where nothing has to be done; ``responsible`` is a name that nobody bears, or empty."""

    finding: Finding
    text: str
    remedy: str
    responsible: str
    host: str = ""  # of another system that only an administrator can allow to be called


@dataclass(frozen=True, slots=True)
class FindingGroup:
    severity: Severity
    label: str
    tone: str
    icon: str
    lines: tuple[FindingLine, ...]


_LOOKS = (
    (Severity.ERROR, N_("Errors"), "danger", "alert-circle"),
    (Severity.WARNING, N_("Warnings"), "warning", "alert-triangle"),
    (Severity.INFO, N_("Good to know"), "accent", "info-circle"),
)


def finding_groups(findings: Iterable[Finding]) -> tuple[FindingGroup, ...]:
    """The findings in words, errors first; a severity without findings is left out."""
    lines = [_line(finding) for finding in findings]
    groups = (
        FindingGroup(severity, _(label), tone, icon, tuple(line for line in lines if line.finding.severity is severity))
        for severity, label, tone, icon in _LOOKS
    )
    return tuple(group for group in groups if group.lines)


def map_badges(groups: Iterable[FindingGroup]) -> list[dict[str, str]]:
    """What the viewer marks on the drawing's elements."""
    return [
        {"element": line.finding.element_id, "severity": group.severity.value, "text": line.text}
        for group in groups
        for line in group.lines
        if line.finding.element_id
    ]


_BY_ADMINISTRATOR = frozenset({"CONNECTOR_HOST_NOT_ALLOWED", "CONNECTOR_SECRET_UNKNOWN"})


def _line(finding: Finding) -> FindingLine:
    remedy = finding_remedy(finding)
    return FindingLine(
        finding=finding,
        text=finding_message(finding),
        remedy="" if remedy == _(_NOTHING_TO_DO) else remedy,
        host=finding.params.get("host", "") if finding.code in _BY_ADMINISTRATOR else "",
        responsible=finding.params.get("responsible", "") if finding.code == "RESPONSIBLE_UNKNOWN" else "",
    )
