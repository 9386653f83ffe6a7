"""What others did to a step while its pane stood open: told above what is being typed there, which stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepKind
from engine.model.work_item import WorkItem
from engine.policy.history_chain import content_hash
from engine.queries.approved_contents import present_content
from engine.queries.deal_history import last_talk_on_step
from engine.queries.processes import process_of
from engine.queries.work_items import visible_work_item
from webui.forms.typed_values import read_id
from webui.request_context import actor


@dataclass(frozen=True, slots=True)
class StepSeen:
    """What the pane of a step said when it was shown, in the words in which it asks whether that still holds.

    ``content`` is the hash of what an approval decides on, ``talk`` the id of the last entry in which
    somebody else said or asked something.
    """

    state: str
    assignee: str
    due: str
    content: str
    talk: int

    def asked_with(self) -> dict[str, str]:
        """As the address of the question holds it."""
        return {
            "state": self.state,
            "assignee": self.assignee,
            "due": self.due,
            "content": self.content,
            "talk": str(self.talk),
        }


@dataclass(frozen=True, slots=True)
class PaneNews:
    """``is_over``: the step changed hands or is done, and whoever reads it cannot do it, or not for now."""

    is_over: bool
    has_new_holder: bool
    has_new_content: bool
    has_new_deadline: bool
    has_new_talk: bool


def seen_step(session: Session, work_item_id: int) -> StepSeen:
    """Of a step as it is now. Raises NotFound where the reader may not see it."""
    item, definition_id = visible_work_item(session, actor(), work_item_id)
    return StepSeen(
        state=item.state.value,
        assignee=str(item.assignee_id or ""),
        due=_instant(item.due_at),
        content=_content(session, item, definition_id),
        talk=last_talk_on_step(session, item.deal_id, item.id, besides=actor().person_id),
    )


def sent_seen(sent: Mapping[str, str]) -> StepSeen:
    """What a page says that it shows: only to be told what is different, so that a forged one deceives its forger.

    The hash in its form comes before that of the address: an approver's own upload brings it up to date.
    """
    state, assignee, due, content = (sent.get(name, "") for name in ("state", "assignee", "due", "content"))
    return StepSeen(state, assignee, due, sent.get("content_hash") or content, read_id(sent.get("talk", "")) or 0)


def news_since(seen: StepSeen, present: StepSeen, *, may_do: bool) -> PaneNews:
    """What is different. ``may_do``: the reader can do the step as it is now."""
    has_new_holder = (seen.assignee, seen.state) != (present.assignee, present.state)
    return PaneNews(
        is_over=has_new_holder and not may_do,
        has_new_holder=has_new_holder,
        has_new_content=seen.content != present.content,
        has_new_deadline=seen.due != present.due,
        has_new_talk=present.talk > seen.talk,
    )


def _content(session: Session, item: WorkItem, definition_id: int) -> str:
    step = process_of(session, definition_id).steps.get(item.element_id)
    if step is None or step.kind is not StepKind.APPROVAL or not item.is_live:
        return ""
    return content_hash(present_content(session, step, item.deal, item.deal.client))


def _instant(moment: datetime | None) -> str:
    return str(int(moment.timestamp())) if moment is not None else ""
