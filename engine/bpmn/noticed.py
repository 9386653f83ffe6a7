"""Collects what is noticed about a map while it is read and repaired: everything, in the order of discovery."""

from __future__ import annotations

from engine.bpmn.findings import Finding, Severity
from engine.bpmn.map_model import Flow, Located, LooseFlow
from engine.bpmn.questions import Proposal, Question, QuestionKind, distinct

_LONGEST_PARAM = 200


class Noticed:
    def __init__(self) -> None:
        self._findings: dict[tuple[object, ...], Finding] = {}
        self._refused = False
        self._questions: dict[str, Question] = {}

    def ask(
        self,
        kind: QuestionKind,
        at: Located,
        proposals: list[Proposal],
        *,
        assumed: str | None = None,
        own: bool = False,
        name: str = "",
        **params: str,
    ) -> None:
        """Leave a question open at ``at``. What has no id in the file cannot hold an answer: nothing is asked there.

        ``name`` is what people call an element that has no name of its own.
        """
        if not at.source_id:
            return
        question = Question(
            kind=kind,
            element_id=at.source_id,
            element_name=at.name or name,
            file=at.file,
            line=at.line,
            params={key: _shortened(value) for key, value in params.items()},
            proposals=distinct(proposals),
            assumed=assumed,
            own=own,
        )
        self._questions.setdefault(question.id, question)

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(self._questions.values())

    def has_refused(self) -> bool:
        """Whether something was found that leaves nothing faithful to execute."""
        return self._refused

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(self._findings.values())

    def refuse(self, code: str, at: Located | None = None, **params: str) -> None:
        """An error that leaves nothing to execute."""
        self._refused = True
        self._add(code, Severity.ERROR, at, params)

    def error(self, code: str, at: Located | None = None, **params: str) -> None:
        """An error that must be mended before publishing; the map can still be shown step by step."""
        self._add(code, Severity.ERROR, at, params)

    def warning(self, code: str, at: Located | None = None, **params: str) -> None:
        self._add(code, Severity.WARNING, at, params)

    def info(self, code: str, at: Located | None = None, **params: str) -> None:
        self._add(code, Severity.INFO, at, params)

    def _add(self, code: str, severity: Severity, at: Located | None, params: dict[str, str]) -> None:
        finding = Finding(
            code=code,
            severity=severity,
            element_id=(at.source_id or None) if at is not None else None,
            element_name=(at.name or _joined(at) or None) if at is not None else None,
            line=at.line if at is not None else None,
            file=(at.file or None) if at is not None else None,
            params={key: _shortened(value) for key, value in params.items()},
        )
        key = (code, finding.element_id, finding.line, finding.file, tuple(sorted(finding.params.items())))
        self._findings.setdefault(key, finding)


def _joined(at: Located) -> str:
    """What people call an arrow without a label: by the names of what it joins. Empty where neither end has one."""
    if not isinstance(at, Flow | LooseFlow):
        return ""
    names = [end.name if end is not None else "" for end in (at.source, at.target)]
    return " → ".join(name or "…" for name in names) if any(names) else ""


def _shortened(value: str) -> str:
    value = " ".join(value.split())
    return value if len(value) <= _LONGEST_PARAM else value[: _LONGEST_PARAM - 1] + "…"
