"""Notices in the words of their reader: what a letter and a message in Telegram have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.bpmn.compiled import OutcomeKind
from engine.commands.client_letters import FILE_ERASED
from engine.commands.deal_import_files import DEALS
from engine.errors import N_
from engine.model.client_import import RowState
from engine.model.notice import OF_ANOTHERS_STEP, OF_CLIENT_LETTERS, NoticeKind
from engine.queries.control import Control, DealsList, StepsList
from engine.queries.letters import LetterView, ToldDeal, ToldNotice
from engine.settings import Settings
from tasks.notice_words import DECIDED, HELD_BACK, NEAR_ELSEWHERE, OVERDUE, TAKEN_BACK, WORDINGS
from tasks.problem_words import problem_words
from tasks.report_words import ReportWords, address_of
from tasks.value_words import ValueWords
from tasks.words import catalogue

_MORE = N_("And %(num)s more: they stand in your inbox.")
_DECISIVE = frozenset({OutcomeKind.APPROVED, OutcomeKind.RETURNED, OutcomeKind.REJECTED})
_DECIDE = N_("Look at it and decide")
_CONFIRM = N_("Look at it and confirm")
_OPEN_STEP = N_("Open the step")
_OPEN_DEAL = N_("Open the deal")
_ONE_LINK = N_("The button works once, after you sign in as yourself, until the decision is made.")
_REPLY = N_(
    "Or answer this letter with one word in the first line: approve, return: what to change, reject: why. "
    "You will be asked to confirm it."
)
_SIGNATURE = N_("Reglament wrote this letter; it is meant for %(reader)s alone.")
_STEPS_TO_LOOK_AT = (
    (StepsList.OVERDUE, N_("Overdue steps")),
    (StepsList.TODAY, N_("Due today")),
    (StepsList.UNTAKEN, N_("Nobody has taken")),
)
_DEALS_TO_LOOK_AT = (
    (DealsList.RETURNED, N_("Returned more than once")),
    (DealsList.STALLED, N_("Without a next step")),
    (DealsList.SILENT, N_("Nothing happens")),
)
_PAGES = {
    NoticeKind.DAILY_CONTROL: (N_("Open the daily control"), "/control"),
    NoticeKind.INCIDENT: (N_("Look at the failures"), "/settings/incidents"),
    NoticeKind.NEW_BROWSER: (N_("Look at my sign-ins"), "/settings#sign-ins"),
    NoticeKind.REPORT_REFUSED: (N_("Open Reglament"), "/"),
}
"""Where the button of a notice leads that is about no deal."""
_CAME_OF_ROWS = (
    (RowState.ADDED, N_("Added")),
    (RowState.FILLED, N_("Added to who was here")),
    (RowState.LEFT, N_("Was here already")),
    (RowState.REFUSED, N_("Mistake")),
)
_MOST_NAMED = 10
_UNQUOTED = frozenset({NoticeKind.INCIDENT, NoticeKind.SAVED_REPORT, NoticeKind.REPORT_REFUSED})
"""Whose text is a name, which their sentence tells."""
_FIRST = (
    NoticeKind.APPROVAL_ASKED,
    NoticeKind.DEADLINE_PASSED,
    NoticeKind.RETURNED,
    NoticeKind.INCIDENT,
    NoticeKind.CONSULTATION_ASKED,
)
_URGENCY = tuple(dict.fromkeys((*_FIRST, *NoticeKind)))


@dataclass(frozen=True, slots=True)
class Section:
    """What a letter says about one notice. ``decides``: its button leads to a decision."""

    sentence: str
    quote: str
    instruction: str
    facts: Sequence[tuple[str, str]]
    content: Sequence[tuple[str, str]]
    action: str
    link: str
    decides: bool
    note: str


class NoticeWriter:
    """One letter being written.

    ``links`` lead to the decisions, by the id of the step; ``at`` is the moment of sending. ``is_brief``: of a deal it
    says no more than which one it is, and nothing of what clients write.
    """

    def __init__(
        self, view: LetterView, links: Mapping[int, str], settings: Settings, at: datetime, *, is_brief: bool = False
    ) -> None:
        self._view, self._links, self._settings, self._at, self._is_brief = view, links, settings, at, is_brief
        self._unquoted = _UNQUOTED | OF_CLIENT_LETTERS if is_brief else _UNQUOTED
        self._catalogue = catalogue(view.locale)
        self.values = ValueWords(view.locale, settings.time_zone, self._catalogue.gettext)
        answerable = [one for one in view.notices if one.content is not None and _is_decision(one)]
        self.may_be_answered = settings.imap_url is not None and len(answerable) == 1

    def say(self, template: str, **places: Any) -> str:
        return self._catalogue.gettext(template) % places if places else self._catalogue.gettext(template)

    def signature(self) -> str:
        return self.say(_SIGNATURE, reader=self._view.reader)

    def title(self) -> str:
        """What stands above several notices."""
        count = len(self._view.notices)
        return self._catalogue.ngettext("%(num)s message", "%(num)s messages", count) % {"num": count}

    def subject(self) -> str:
        """Of one notice what it says, and the deal; of several how many there are, and the most urgent one."""
        first = min(self._view.notices, key=lambda one: _URGENCY.index(one.kind))
        about = self._fill(self._wording(first).subject, first)
        if len(self._view.notices) > 1:
            return f"{self.title()}: {about}"
        title = first.deal.title if first.deal is not None else ""
        return about if not title or title in about else f"{about} · {title}"

    def urgent_first(self) -> list[ToldNotice]:
        return sorted(self._view.notices, key=lambda one: _URGENCY.index(one.kind))

    def more(self, told: int) -> str:
        """What is said in place of the notices after the first ``told``."""
        left = len(self._view.notices) - told
        return self.say(_MORE, num=left) if left else ""

    def section(self, notice: ToldNotice) -> Section:
        wording = self._wording(notice)
        decides = self._decides(notice)
        action, link = self._action(notice)
        return Section(
            sentence=self._fill(wording.sentence if notice.by or not wording.unsigned else wording.unsigned, notice),
            quote=notice.text if notice.kind not in self._unquoted else "",
            instruction=notice.step.instruction if notice.step is not None and decides else "",
            facts=tuple(self._facts(notice)),
            content=tuple(self._content(notice)),
            action=self.say(action),
            link=link,
            decides=decides,
            note=self._note() if decides else "",
        )

    def _decides(self, notice: ToldNotice) -> bool:
        return notice.content is not None and notice.content.work_item_id in self._links

    def _note(self) -> str:
        return " ".join(self.say(text) for text in (_ONE_LINK, *((_REPLY,) if self.may_be_answered else ())))

    def _wording(self, notice: ToldNotice) -> Any:
        due = notice.step.due_at if notice.step is not None else None
        is_due = due is not None and due <= self._at
        if notice.kind is NoticeKind.DEADLINE_NEAR and notice.outcome == OF_ANOTHERS_STEP:
            return WORDINGS[NoticeKind.STEP_LATE] if is_due else NEAR_ELSEWHERE
        if notice.kind is NoticeKind.DEADLINE_NEAR and is_due:
            return OVERDUE
        if notice.kind is NoticeKind.CLIENT_LETTER_RETURNED and notice.outcome == FILE_ERASED:
            return HELD_BACK
        if notice.kind is NoticeKind.STEP_WITHDRAWN and notice.outcome == OutcomeKind.RETURNED.value:
            return TAKEN_BACK
        if _is_refused(notice):
            return WORDINGS[NoticeKind.REPORT_REFUSED]
        return WORDINGS[notice.kind]

    def _fill(self, template: str, notice: ToldNotice) -> str:
        step, deal = notice.step, notice.deal
        title = deal.title if deal is not None else ""
        return self._catalogue.gettext(template) % {
            "step": step.name if step is not None else title,
            "holder": (step.holder if step is not None else "") or "—",
            "due": self.values.moment(step.due_at) if step is not None else "",
            "by": (step.asked_by if step is not None and notice.kind is NoticeKind.APPROVAL_ASKED else "") or notice.by,
            "outcome": self._decided(notice),
            "deal_title": title,
            "report": notice.text,
            "file": notice.brought["file"] if notice.brought is not None else "",
        }

    def _decided(self, notice: ToldNotice) -> str:
        """A decision, or news of a deal, as a word: the product's own, or the map's label of the way chosen."""
        if notice.kind is NoticeKind.DEAL_CHANGED or notice.outcome in DECIDED:
            return self.say(DECIDED.get(notice.outcome, notice.outcome)) if notice.outcome else ""
        labels = {one.id: one.label for one in (notice.step.outcomes if notice.step is not None else ())}
        return labels.get(notice.outcome) or notice.outcome

    def _facts(self, notice: ToldNotice) -> Iterator[tuple[str, str]]:
        """The deal in five lines, and until when the step is due; among other news, what is no decision is shorter."""
        if notice.undelivered:
            yield (
                self.say(N_("Why by letter")),
                self.say(N_("Telegram did not take it: %(why)s"), why=notice.undelivered),
            )
        if notice.control is not None:
            yield from self._control(notice.control)
        if notice.report is not None:
            yield from ReportWords(notice.report, self._catalogue.gettext, self.values).facts()
        deal, step = notice.deal, notice.step
        if notice.brought is not None:
            counts = ((label, notice.brought.get(state.value)) for state, label in _CAME_OF_ROWS)
            yield from ((self.say(label), str(count)) for label, count in counts if count)
        if notice.failure is not None:
            yield from self._failure(notice.failure, notice.text)
        if deal is not None:
            yield self.say(N_("Deal")), f"{deal.number} · {deal.title}"
        if deal is not None and (len(self._view.notices) == 1 or self._decides(notice)):
            yield self.say(N_("Client")), deal.client
            if not self._is_brief:
                yield from self._money_and_place(deal)
        if step is not None and step.due_at is not None:
            yield self.say(N_("Deadline")), self.values.moment(step.due_at)

    def _failure(self, failure: Mapping[str, Any], step: str) -> Iterator[tuple[str, str]]:
        """Where the map could not go on, and why: that may tell values of the deal."""
        if step:
            yield self.say(N_("Step")), step
        if not self._is_brief:
            yield self.say(N_("What happened")), problem_words(failure, self._catalogue.gettext)

    def _money_and_place(self, deal: ToldDeal) -> Iterator[tuple[str, str]]:
        if deal.amount is not None:
            yield self.say(N_("Amount")), self.values.money(deal.amount, deal.currency)
        if deal.stage:
            yield self.say(N_("Stage")), deal.stage
        yield self.say(N_("Owner")), deal.owner

    def _control(self, found: Control) -> Iterator[tuple[str, str]]:
        """How much there is to look at, and whose steps are late; what there is nothing of is left out."""
        counts = (
            *((label, found.steps[which].total) for which, label in _STEPS_TO_LOOK_AT),
            *((label, found.deals[which].total) for which, label in _DEALS_TO_LOOK_AT),
        )
        for label, count in counts:
            if count:
                yield self.say(label), str(count)
        if found.at_risk:
            together = found.rates.of_today(found.at_risk)
            yield self.say(N_("Sums at risk")), self.values.sums(found.at_risk, together)
        late = [one for one in found.holders if one.overdue][:_MOST_NAMED]
        if late:
            names = (f"{one.name or self.say(N_('Nobody'))} ({one.overdue})" for one in late)
            yield self.say(N_("Whose steps are late")), ", ".join(names)

    def _content(self, notice: ToldNotice) -> Iterator[tuple[str, str]]:
        if notice.content is None or not self._decides(notice):
            return
        currency = notice.deal.currency if notice.deal is not None else ""
        for field, value in notice.content.fields:
            yield field.label or field.name, self.values.of_field(field, value, currency)
        if notice.content.files:
            names = (
                self.say(N_("%(name)s, version %(version)s"), name=n, version=v) for _id, n, v in notice.content.files
            )
            yield self.say(N_("Files")), "\n".join(names)

    def _action(self, notice: ToldNotice) -> tuple[str, str]:
        base = self._settings.base_url
        if notice.kind in _PAGES:
            action, page = _PAGES[notice.kind]
            return action, base + page
        if notice.report is not None:
            return N_("Open the report"), base + address_of(notice.report)
        if notice.brought is not None:
            place = "deals" if notice.brought.get("of") == DEALS else "clients"
            return N_("Look at the import"), f"{base}/{place}/import/{notice.brought['id']}"
        if notice.kind in OF_CLIENT_LETTERS and notice.deal is not None:
            return N_("Open the letters"), f"{base}/deals/{notice.deal.id}/letters"
        return self._action_in_deal(notice, base)

    def _action_in_deal(self, notice: ToldNotice, base: str) -> tuple[str, str]:
        if notice.step is not None and self._decides(notice):
            return (_CONFIRM if notice.kind is NoticeKind.REPLY_UNDERSTOOD else _DECIDE), self._links[notice.step.id]
        if notice.step is not None and notice.kind not in {NoticeKind.DEAL_CHANGED, NoticeKind.MENTIONED}:
            return _OPEN_STEP, f"{base}/work-items/{notice.step.id}"
        return _OPEN_DEAL, f"{base}/deals/{notice.deal.id}" if notice.deal is not None else base


def _is_refused(notice: ToldNotice) -> bool:
    """Whether its reader lost the right to read reports between the schedule and the letter."""
    return notice.report is not None and notice.report.figures is None


def _is_decision(notice: ToldNotice) -> bool:
    return notice.step is not None and any(one.kind in _DECISIVE for one in notice.step.outcomes)
