"""Notices in words: what a letter's subject and first sentence say of each kind, and how people choose among kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.bpmn.compiled import OutcomeKind
from engine.errors import N_
from engine.model.notice import NoticeKind


@dataclass(frozen=True, slots=True)
class Wording:
    """English templates; their places are filled from the notice. ``unsigned`` is for what no person caused."""

    subject: str
    sentence: str
    unsigned: str = ""


OVERDUE = Wording(
    N_("“%(step)s” is overdue"),
    N_("The step “%(step)s” waits for you. Its deadline was %(due)s."),
)
HELD_BACK = Wording(
    N_("A letter has not left: %(deal_title)s"),
    N_(
        "A file of your letter in the deal “%(deal_title)s” was erased before the letter left. "
        "Send it without the file, or write another one."
    ),
)
TAKEN_BACK = Wording(
    N_("“%(step)s” was taken back"),
    N_(
        "%(by)s returned the deal for rework, and with it the step “%(step)s” that was with you is taken back. When "
        "the deal comes there again, the step opens anew."
    ),
    N_(
        "The deal was returned for rework, and with it the step “%(step)s” that was with you is taken back. When the "
        "deal comes there again, the step opens anew."
    ),
)
NEAR_ELSEWHERE = Wording(
    N_("“%(step)s” is due %(due)s"),
    N_("The step “%(step)s” is with %(holder)s. Its deadline is %(due)s."),
)
WORDINGS: Mapping[NoticeKind, Wording] = {
    NoticeKind.STEP_OPENED: Wording(
        N_("New step: “%(step)s”"),
        N_("The step “%(step)s” is yours to do."),
    ),
    NoticeKind.STEP_TO_TAKE: Wording(
        N_("New step of your department: “%(step)s”"),
        N_("The step “%(step)s” waits for somebody of your department to take it."),
    ),
    NoticeKind.APPROVAL_ASKED: Wording(
        N_("Your approval is asked: “%(step)s”"),
        N_("%(by)s asks for your approval: “%(step)s”."),
        N_("Your approval is asked: “%(step)s”."),
    ),
    NoticeKind.STEP_HANDED: Wording(
        N_("“%(step)s” is yours now"),
        N_("%(by)s handed the step “%(step)s” on to you."),
        N_("The step “%(step)s” was late and has been handed to you."),
    ),
    NoticeKind.STEP_TAKEN: Wording(
        N_("“%(step)s” is with %(holder)s now"),
        N_("The step “%(step)s” that was with you is with %(holder)s now."),
    ),
    NoticeKind.STEP_WITHDRAWN: Wording(
        N_("“%(step)s” is not needed any more"),
        N_("The deal went another way: the step “%(step)s” that was with you is not needed any more."),
    ),
    NoticeKind.DECISION_MADE: Wording(
        N_("%(outcome)s: “%(step)s”"),
        N_("%(by)s decided about “%(step)s”: %(outcome)s."),
        N_("It is decided about “%(step)s”: %(outcome)s."),
    ),
    NoticeKind.RETURNED: Wording(
        N_("Returned for rework: “%(step)s”"),
        N_("%(by)s returned it for rework: “%(step)s”."),
        N_("It was returned for rework: “%(step)s”."),
    ),
    NoticeKind.DEADLINE_NEAR: Wording(
        N_("“%(step)s” is due %(due)s"),
        N_("The step “%(step)s” waits for you. Its deadline is %(due)s."),
    ),
    NoticeKind.DEADLINE_PASSED: OVERDUE,
    NoticeKind.REMINDED: Wording(
        N_("%(by)s reminds you: “%(step)s”"),
        N_("%(by)s reminds you of the step “%(step)s”. It waits for you."),
        N_("You are reminded of the step “%(step)s”. It waits for you."),
    ),
    NoticeKind.STEP_LATE: Wording(
        N_("Late: “%(step)s”, %(holder)s"),
        N_("The step “%(step)s” is late. It is with %(holder)s; its deadline was %(due)s."),
    ),
    NoticeKind.DAILY_CONTROL: Wording(
        N_("Daily control"),
        N_("What is late, what is due today, and what stands still, as of now:"),
    ),
    NoticeKind.SAVED_REPORT: Wording(
        N_("Report: %(report)s"),
        N_("Your report “%(report)s”, as of now:"),
    ),
    NoticeKind.REPORT_REFUSED: Wording(
        N_("No more by mail: %(report)s"),
        N_("Your report “%(report)s” is not sent any more: reports are not open to you now."),
    ),
    NoticeKind.MENTIONED: Wording(
        N_("%(by)s mentioned you: %(deal_title)s"),
        N_("%(by)s mentioned you in the deal “%(deal_title)s”."),
    ),
    NoticeKind.CONSULTATION_ASKED: Wording(
        N_("%(by)s asks for your advice: “%(step)s”"),
        N_("%(by)s asks for your advice about “%(step)s”. The step itself is not handed to you."),
    ),
    NoticeKind.CONSULTATION_ANSWERED: Wording(
        N_("%(by)s answered you: “%(step)s”"),
        N_("%(by)s answered your question about “%(step)s”."),
    ),
    NoticeKind.DEAL_CHANGED: Wording(
        N_("“%(deal_title)s”: %(outcome)s"),
        N_("The deal “%(deal_title)s” that you watch: %(outcome)s (%(by)s)."),
        N_("The deal “%(deal_title)s” that you watch: %(outcome)s."),
    ),
    NoticeKind.APPROVAL_SPARED: Wording(
        N_("Passed by without an approval: %(deal_title)s"),
        N_(
            "The client's card was changed (%(by)s). With it the deal “%(deal_title)s” would have needed an approval "
            "that it has passed by. Have it sent back, if it has to be asked for."
        ),
        N_(
            "The client's card was changed. With it the deal “%(deal_title)s” would have needed an approval that it "
            "has passed by. Have it sent back, if it has to be asked for."
        ),
    ),
    NoticeKind.INCIDENT: Wording(
        N_("A deal cannot go on: %(deal_title)s"),
        N_("The deal “%(deal_title)s” has stopped: a step of the sales map failed technically. Look at it."),
    ),
    NoticeKind.IMPORT_DONE: Wording(
        N_("Import finished: %(file)s"),
        N_("The import of the file “%(file)s” is finished."),
    ),
    NoticeKind.CLIENT_WROTE: Wording(
        N_("The client wrote: %(deal_title)s"),
        N_("A letter of the client came into the deal “%(deal_title)s”."),
    ),
    NoticeKind.CLIENT_LETTER_RETURNED: Wording(
        N_("A letter did not arrive: %(deal_title)s"),
        N_("Your letter in the deal “%(deal_title)s” was not delivered. Look at the address and try again."),
    ),
    NoticeKind.NEW_BROWSER: Wording(
        N_("Somebody signed in as you from a new browser"),
        N_("Somebody signed in as you from a browser that you have not used here before. If it was you, all is well."),
    ),
    NoticeKind.REPLY_UNDERSTOOD: Wording(
        N_("Confirm your decision: “%(step)s”"),
        N_("You answered a letter about “%(step)s”: %(outcome)s. Nothing is decided yet: confirm it here."),
    ),
    NoticeKind.REPLY_UNREAD: Wording(
        N_("Your answer names no decision"),
        N_("Your answer to a letter could not be read as a decision, and nothing was decided. Decide here."),
    ),
    NoticeKind.REPLY_LATE: Wording(
        N_("Your answer came late: “%(step)s”"),
        N_("You answered a letter about “%(step)s”, but the step does not wait for you any more. Nothing has changed."),
    ),
}
KIND_LABELS: Mapping[NoticeKind, str] = {
    NoticeKind.STEP_OPENED: N_("A new step of mine"),
    NoticeKind.STEP_TO_TAKE: N_("A new step that anybody of my department may take"),
    NoticeKind.APPROVAL_ASKED: N_("My approval is asked"),
    NoticeKind.STEP_HANDED: N_("Somebody's step is handed to me"),
    NoticeKind.STEP_TAKEN: N_("My step is handed to somebody else"),
    NoticeKind.STEP_WITHDRAWN: N_("My step is not needed any more"),
    NoticeKind.DECISION_MADE: N_("What I asked for is approved or rejected"),
    NoticeKind.RETURNED: N_("What I asked for is returned for rework"),
    NoticeKind.DEADLINE_NEAR: N_("A deadline of mine is near"),
    NoticeKind.DEADLINE_PASSED: N_("A deadline of mine has passed"),
    NoticeKind.REMINDED: N_("A head reminds me of my step"),
    NoticeKind.STEP_LATE: N_("Somebody whom I head is late"),
    NoticeKind.DAILY_CONTROL: N_("The daily control, each working morning"),
    NoticeKind.SAVED_REPORT: N_("A report that I saved, by its schedule"),
    NoticeKind.REPORT_REFUSED: N_("A report of mine is not sent any more"),
    NoticeKind.MENTIONED: N_("Somebody mentions me in a comment"),
    NoticeKind.CONSULTATION_ASKED: N_("Somebody asks for my advice"),
    NoticeKind.CONSULTATION_ANSWERED: N_("My question is answered"),
    NoticeKind.DEAL_CHANGED: N_("News of a deal that I watch"),
    NoticeKind.APPROVAL_SPARED: N_("With its client's new card a deal would have needed an approval"),
    NoticeKind.INCIDENT: N_("A deal cannot go on, and I have to look at it"),
    NoticeKind.IMPORT_DONE: N_("An import of mine is finished"),
    NoticeKind.CLIENT_WROTE: N_("A client wrote to me in a deal"),
    NoticeKind.CLIENT_LETTER_RETURNED: N_("A letter of mine to a client did not arrive"),
    NoticeKind.NEW_BROWSER: N_("Somebody signs in as me from a new browser"),
}
"""Those among which people choose."""

DECIDED: Mapping[str, str] = {
    OutcomeKind.COMPLETED.value: N_("Completed"),
    OutcomeKind.APPROVED.value: N_("Approved"),
    OutcomeKind.RETURNED.value: N_("Returned for rework"),
    OutcomeKind.REJECTED.value: N_("Rejected"),
}
