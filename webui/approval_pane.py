"""What the pane of an approval shows: what is decided on, what has changed, what others remarked; and its buttons."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import current_app
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType, Outcome, OutcomeKind, Reauthentication, StepKind
from engine.errors import N_, DomainError, InvalidInput
from engine.model.work_item import WorkItem
from engine.policy.approved_content import Content, Difference, bound_value, differences
from engine.policy.history_chain import canonical_json
from engine.policy.reauthentication import ReauthenticationFailed, ReauthenticationRequired
from engine.queries.approval_view import (
    ApprovalView,
    Recalled,
    Remark,
    TakenBack,
    approval_view,
    is_with_remarks,
    recalled,
    remarks_of,
    taken_back,
)
from webui.formats import file_size
from webui.forms.shown_values import shown_field, shown_value
from webui.i18n import _
from webui.messages import error_text
from webui.outcomes import Button, buttons, decided, tone_of
from webui.request_context import actor
from webui.timeline import Fields

WITH_REMARKS = "approved_with_remarks"
"""What the button sends: an approval that has to say something."""
_SHORT_HASH = 12
_TOP = {
    "client.name": (N_("Client"), FieldType.TEXT),
    "deal.title": (N_("Title"), FieldType.TEXT),
    "deal.amount": (N_("Amount"), FieldType.MONEY),
    "deal.currency": (N_("Currency"), FieldType.TEXT),
    "deal.close_date": (N_("Close date"), FieldType.DATE),
}


class RemarkMissing(DomainError):
    code: ClassVar[str] = "remark_missing"
    template: ClassVar[str] = N_("Write the remark: whoever goes on has to know what to heed.")


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A bound value, or a bound file with its version, size and hash; ``file_id`` is 0 for a value."""

    label: str
    text: str
    file_id: int = 0


@dataclass(frozen=True, slots=True)
class ShownChange:
    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ShownRemark:
    remark: Remark
    word: str
    tone: str


@dataclass(frozen=True, slots=True)
class ApprovalPane:
    """``view`` is None for a step that is no approval; ``remarks`` are those of the approvals before it.

    ``taken_back`` is the return by which the step, or the request before it, was taken back.

    ``changed_meanwhile`` is what became different between showing and deciding. ``seen`` goes with the decision, so
    that the next answer can tell what is different then.
    """

    view: ApprovalView | None
    taken_back: TakenBack | None = None
    recalled: Recalled | None = None
    content: tuple[ShownValue, ...] = ()
    changes: tuple[ShownChange, ...] = ()
    changed_meanwhile: tuple[ShownChange, ...] = ()
    remarks: tuple[ShownRemark, ...] = ()
    seen: str = ""
    late_word: str = ""
    before_word: str = ""

    @property
    def wants_password(self) -> bool:
        return self.view is not None and self.view.reauthenticate is not Reauthentication.NONE

    @property
    def wants_code(self) -> bool:
        return self.view is not None and self.view.reauthenticate is Reauthentication.CODE


def approval_pane(session: Session, work_item_id: int, known: Fields, currency: str, *, seen: str = "") -> ApprovalPane:
    """For a step that is visible. ``seen`` is what the page had shown that sends something; empty for none."""
    item = session.get_one(WorkItem, work_item_id)
    showing = _Showing(session, known, currency)
    remarks = remarks_of(session, item.instance_id, besides=item.id) if item.is_live else ()
    shown = tuple(showing.remark(one) for one in remarks)
    view = approval_view(session, actor(), item)
    returned = taken_back(session, actor(), item)
    if view is None:
        return ApprovalPane(None, returned, remarks=shown)
    if view.before is not None:  # told above, with what changed since
        shown = tuple(one for one in shown if one.remark.work_item_id != view.before.work_item_id)
    shown_before = _read_seen(seen)
    changed = differences(shown_before, view.content) if shown_before else ()
    return ApprovalPane(
        view=view,
        taken_back=returned,
        recalled=recalled(session, item),
        content=showing.content(view.content),
        changes=showing.changes(view.changes),
        changed_meanwhile=showing.changes(changed),
        remarks=shown,
        seen=_shown_here(view.content) if view.content_hash else "",
        late_word=decided(view.late.outcome) if view.late is not None else "",
        before_word=_decision_word(view) if view.before is not None else "",
    )


def shown_changes(
    session: Session, changes: Iterable[Difference], known: Fields, currency: str
) -> tuple[ShownChange, ...]:
    """What is different between two contents, as people read it; each name once."""
    return _Showing(session, known, currency).changes({one.name: one for one in changes}.values())


def chosen_outcome(sent: str, comment: str) -> str:
    """The outcome that a button means. Raises InvalidInput where it promises a remark and none is there."""
    if sent != WITH_REMARKS:
        return sent
    if not comment.strip():
        raise InvalidInput({"comment": RemarkMissing()})
    return OutcomeKind.APPROVED.value


def pane_buttons(outcomes: tuple[Outcome, ...], kind: StepKind) -> tuple[Button, ...]:
    """The map's buttons; beside a plain approval, one with remarks."""
    shown: list[Button] = []
    for button, outcome in zip(buttons(outcomes, kind), outcomes, strict=True):
        shown.append(button)
        if kind is StepKind.APPROVAL and outcome.kind is OutcomeKind.APPROVED:
            hint = _("What has to be heeded? Write it here and press the button again.")
            shown.append(Button(WITH_REMARKS, _("Approve with remarks"), "btn-outline-success", "message", "", hint))
    return tuple(shown)


def proof_errors(error: DomainError | None) -> dict[str, str]:
    """Which field of the proof is at fault, "password" or "totp"."""
    if isinstance(error, ReauthenticationFailed):
        return {error.field or "password": error_text(error)}
    return {"password": error_text(error)} if isinstance(error, ReauthenticationRequired) else {}


def _decision_word(view: ApprovalView) -> str:
    before = view.before
    if before is None:
        return ""
    remarked = is_with_remarks(StepKind.APPROVAL, before.outcome, before.comment)
    return decided(before.outcome, with_remarks=remarked)


def _shown_here(content: Content) -> str:
    """As a page takes it along, with our mark: nothing else is read as a content afterwards."""
    text = canonical_json(content).decode()
    return f"{_mark(text)} {text}"


def _read_seen(sent: str) -> Content:
    """What a page of ours showed; nothing where none of ours says so."""
    mark, _, text = sent.partition(" ")
    if not hmac.compare_digest(mark.encode(), _mark(text).encode()):
        return {}
    content: Content = json.loads(text)
    return content


def _mark(text: str) -> str:
    key: str = current_app.config["SECRET_KEY"]
    return hmac.digest(key.encode(), b"seen content " + text.encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class _Showing:
    """Values as people read them, by the labels of the map's fields."""

    session: Session
    known: Mapping[str, FieldDefinition]
    currency: str

    def content(self, content: Content) -> tuple[ShownValue, ...]:
        names = [name for name in _TOP if name != "deal.currency" and bound_value(content, name) is not None]
        values = [ShownValue(_(_TOP[name][0]), self._text(name, bound_value(content, name))) for name in names]
        fields = dict(content.get("fields") or {})
        values += [ShownValue(self._label(name), self._text(name, value)) for name, value in fields.items()]
        files = content.get("files") or ()
        return (*values, *(ShownValue(one["name"], _file_text(one), file_id=int(one.get("id") or 0)) for one in files))

    def changes(self, changes: Iterable[Difference]) -> tuple[ShownChange, ...]:
        return tuple(
            ShownChange(one.name, _file_text(one.old), _file_text(one.new))
            if one.is_file
            else ShownChange(self._label(one.name), self._text(one.name, one.old), self._text(one.name, one.new))
            for one in changes
        )

    def remark(self, remark: Remark) -> ShownRemark:
        word = decided(remark.outcome, with_remarks=is_with_remarks(StepKind.APPROVAL, remark.outcome, remark.comment))
        tone = "warning" if remark.outcome == OutcomeKind.APPROVED else tone_of(remark.outcome)
        return ShownRemark(remark, word, tone)

    def _label(self, name: str) -> str:
        field = self.known.get(name)
        if field is not None:
            return field.label
        return _(_TOP[name][0]) if name in _TOP else name

    def _text(self, name: str, value: Any) -> str:
        field = self.known.get(name)
        try:
            if field is not None and name not in _TOP:
                return shown_field(self.session, field, value, self.currency)
            return shown_value(self.session, _TOP.get(name, ("", FieldType.TEXT))[1], value, self.currency)
        except (TypeError, ValueError):  # a value of another kind, from another version of the map
            return str(value)


def _file_text(file: Mapping[str, Any] | None) -> str:
    if not file:
        return "—"
    return _(
        "version %(version)s, %(size)s, SHA-256 %(hash)s…",
        version=file.get("version"),
        size=file_size(int(file.get("size") or 0)),
        hash=str(file.get("sha256", ""))[:_SHORT_HASH],
    )
