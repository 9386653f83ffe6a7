"""What is noticed about a map as its page shows it: grouped by severity, each remark with its remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.bpmn.findings import Finding, Severity
from engine.errors import N_
from webui.i18n import _
from webui.messages import finding_message, finding_remedy

_NOTHING_TO_DO = N_("Nothing to do.")
_BY_ADMINISTRATOR = frozenset({"CONNECTOR_HOST_NOT_ALLOWED", "CONNECTOR_SECRET_UNKNOWN"})


@dataclass(frozen=True, slots=True)
class FindingLine:
    """``finding`` is said of its own element and of those of ``others``, in the same words.

    ``remedy`` is empty where nothing has to be done; ``responsible`` is a name that nobody bears, or empty.
    """

    finding: Finding
    text: str
    remedy: str
    responsible: str
    others: tuple[Finding, ...] = ()
    host: str = ""  # of another system that only an administrator can allow to be called

    @property
    def all(self) -> tuple[Finding, ...]:
        return (self.finding, *self.others)


@dataclass(frozen=True, slots=True)
class FindingGroup:
    severity: Severity
    label: str
    tone: str
    icon: str
    lines: tuple[FindingLine, ...]

    @property
    def count(self) -> int:
        return sum(len(line.all) for line in self.lines)


_LOOKS = (
    (Severity.ERROR, N_("Errors"), "danger", "alert-circle"),
    (Severity.WARNING, N_("Warnings"), "warning", "alert-triangle"),
    (Severity.INFO, N_("Good to know"), "accent", "info-circle"),
)


def finding_groups(findings: Iterable[Finding]) -> tuple[FindingGroup, ...]:
    """The findings in words, errors first; a severity without findings is left out."""
    lines = [_line(finding) for finding in findings]
    groups = (
        FindingGroup(severity, _(label), tone, icon, _said_once(lines, severity))
        for severity, label, tone, icon in _LOOKS
    )
    return tuple(group for group in groups if group.lines)


def map_badges(groups: Iterable[FindingGroup]) -> list[dict[str, str]]:
    """What the viewer marks on the drawing's elements."""
    return [
        {"element": finding.element_id, "severity": group.severity.value, "text": line.text}
        for group in groups
        for line in group.lines
        for finding in line.all
        if finding.element_id
    ]


def _said_once(lines: Iterable[FindingLine], severity: Severity) -> tuple[FindingLine, ...]:
    """What is said in the same words of several elements is one line, where it was said first."""
    first: dict[tuple[str, str], FindingLine] = {}
    for line in (one for one in lines if one.finding.severity is severity):
        key = line.text, line.remedy
        known = first.get(key)
        first[key] = line if known is None else replace(known, others=(*known.others, line.finding))
    return tuple(first.values())


def _line(finding: Finding) -> FindingLine:
    remedy = finding_remedy(finding)
    return FindingLine(
        finding=finding,
        text=finding_message(finding),
        remedy="" if remedy == _(_NOTHING_TO_DO) else remedy,
        host=finding.params.get("host", "") if finding.code in _BY_ADMINISTRATOR else "",
        responsible=finding.params.get("responsible", "") if finding.code == "RESPONSIBLE_UNKNOWN" else "",
    )
