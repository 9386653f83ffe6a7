"""Findings about a map in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from engine.bpmn.finding_texts import known_codes
from engine.bpmn.findings import Finding
from webui.api.caller import in_readers_language
from webui.api.models.findings import FindingItem
from webui.messages import finding_message, finding_remedy


def told_findings(findings: Iterable[Finding]) -> tuple[FindingItem, ...]:
    """Every finding with its words; the places of a template are filled from the finding's own data."""
    with in_readers_language():
        return tuple(_told(finding) for finding in findings)


def _told(finding: Finding) -> FindingItem:
    known = finding.code in known_codes()
    return FindingItem(
        code=finding.code,
        severity=finding.severity,
        element_id=finding.element_id,
        element_name=finding.element_name,
        line=finding.line,
        file=finding.file,
        message=finding_message(finding) if known else finding.code,
        remedy=finding_remedy(finding) if known else "",
    )
