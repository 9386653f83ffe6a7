"""What is asked about a map, which answers are proposed and why, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.bpmn.compiled import Distribution, TimerKind
from engine.bpmn.deadline_rules import DeadlineRule
from engine.bpmn.deadline_text import DeadlineNotUnderstood, parse_deadline, parse_timer_value
from engine.bpmn.questions import ALL, ASK, EACH, NOBODY, ONCE, ONE, WAIT, Because, Proposal, Question, QuestionKind
from engine.errors import N_, DomainError
from engine.policy.due_dates import due_at
from webui.deadlines import company_calendar, rule_words, said
from webui.formats import when
from webui.i18n import _, ngettext
from webui.map_steps import distribution_sentence
from webui.request_context import now

KINDS: Mapping[QuestionKind, str] = {
    QuestionKind.POOL: N_("Sales map"),
    QuestionKind.START: N_("Start"),
    QuestionKind.SPLIT: N_("Branches"),
    QuestionKind.MERGE: N_("Meeting of branches"),
    QuestionKind.DECISION: N_("Decision"),
    QuestionKind.DEFAULT_WAY: N_("Otherwise"),
    QuestionKind.TIMER: N_("Waiting time"),
    QuestionKind.REPEAT: N_("Repetition"),
    QuestionKind.STAGE: N_("Stage"),
    QuestionKind.RESPONSIBLE: N_("Responsible"),
    QuestionKind.DEADLINE: N_("Deadline"),
    QuestionKind.WHO: N_("Responsible"),
    QuestionKind.DISTRIBUTION: N_("Given out"),
}

_TEXTS: Mapping[QuestionKind, str] = {
    QuestionKind.POOL: N_("The file has several processes. Which one is your sales map?"),
    QuestionKind.START: N_("There are several places to begin: %(starts)s. Where does a deal begin?"),
    QuestionKind.SPLIT: N_("Several arrows lead on: %(ways)s. Do all of them go on at once, or only one?"),
    QuestionKind.MERGE: N_("Parallel branches come together here. Does the step wait for all of them?"),
    QuestionKind.DECISION: N_("Who or what decides: %(ways)s?"),
    QuestionKind.DEFAULT_WAY: N_("Which way does a deal go when no condition holds (%(ways)s)?"),
    QuestionKind.TIMER: N_("How long does a deal wait here?"),
    QuestionKind.REPEAT: N_("How often is this repeated?"),
    QuestionKind.STAGE: N_("To which stage does this step belong?"),
    QuestionKind.RESPONSIBLE: N_("Who does this step?"),
    QuestionKind.DEADLINE: N_("How much time is there for this step?"),
    QuestionKind.DISTRIBUTION: N_("To whom in “%(name)s” do these steps go: %(steps)s?"),
    QuestionKind.WHO: N_("Nobody in the company is called “%(name)s”. Who does: %(steps)s?"),
}
_NO_START = N_("Every step has an arrow into it. Where does a deal begin?")
_UNREADABLE = N_("“%(text)s” was not understood as a deadline. How much time is there for this step?")

_OWN_LABELS: Mapping[QuestionKind, str] = {
    QuestionKind.STAGE: N_("Another stage"),
    QuestionKind.RESPONSIBLE: N_("Another department or person"),
    QuestionKind.WHO: N_("Another department or person"),
    QuestionKind.DECISION: N_("A field or a condition"),
    QuestionKind.REPEAT: N_("Another number"),
    QuestionKind.TIMER: N_("Another time"),
    QuestionKind.DEADLINE: N_("Another time"),
}
_OWN_HINTS: Mapping[QuestionKind, str] = {
    QuestionKind.STAGE: N_("Its name on the funnel"),
    QuestionKind.RESPONSIBLE: N_("As it is called in the company"),
    QuestionKind.WHO: N_("As it is called in the company"),
    QuestionKind.DECISION: N_("“=” and the name of a field whose values are: %(ways)s"),
    QuestionKind.REPEAT: N_("For example: 3, or “=” and the name of a field"),
    QuestionKind.TIMER: N_("For example: 3 working days, 4 business hours, 2 days"),
    QuestionKind.DEADLINE: N_("For example: 3 working days, 4 business hours, 2 days"),
}
_YES_OR_NO_HINT = N_("For example: =deal.amount > 100000 (if it holds, the answer is yes)")

_ANSWERS: Mapping[tuple[QuestionKind, str], str] = {
    (QuestionKind.START, ASK): N_("Whoever opens the deal chooses"),
    (QuestionKind.START, ALL): N_("All of them at once"),
    (QuestionKind.SPLIT, ALL): N_("All at once"),
    (QuestionKind.SPLIT, ONE): N_("Only one: a person chooses"),
    (QuestionKind.MERGE, EACH): N_("No: it begins anew for every branch that comes"),
    (QuestionKind.MERGE, WAIT): N_("Yes: it begins once, when all have come"),
    (QuestionKind.DECISION, ASK): N_("A person chooses"),
    (QuestionKind.DECISION, ALL): N_("All ways, always"),
    (QuestionKind.DEFAULT_WAY, NOBODY): N_("None: the deal waits for an administrator"),
    (QuestionKind.TIMER, ASK): N_("A person says when it goes on"),
    (QuestionKind.REPEAT, ASK): N_("A person says “once more”"),
    (QuestionKind.REPEAT, ONCE): N_("Once only"),
    (QuestionKind.RESPONSIBLE, "=owner"): N_("The deal’s owner"),
    (QuestionKind.WHO, "=owner"): N_("The deal’s owner"),
}

_REASONS: Mapping[Because, str] = {
    Because.STARTER_KNOWS: N_("a question when the deal is opened"),
    Because.DRAWN_AS_START: N_("drawn as a start"),
    Because.NO_ARROW_IN: N_("no arrow leads into it"),
    Because.MAY_BE_FIRST: N_("could be the first"),
    Because.BY_THE_STANDARD: N_("so the drawing is read by the rules"),
    Because.ONE_IS_MEANT: N_("often meant where no split is drawn"),
    Because.RUNS_ONCE: N_("often meant where no meeting point is drawn"),
    Because.ASKED_ONCE: N_("an approval follows, and is asked for once"),
    Because.ASKED_TWICE: N_("an approval follows: it would be asked for twice, and the map cannot be published so"),
    Because.STEP_BEFORE: N_("whoever completes “%(step)s” presses the button of a way"),
    Because.STEP_ADDED: N_("a step with this question is added"),
    Because.FIELD_SAYS: N_("its values are these ways; it is filled in at “%(step)s”"),
    Because.NOTHING_GUESSED: N_("nothing is guessed"),
    Because.WAY_OUT: N_("a way out of here"),
    Because.IN_LABEL: N_("it stands in “%(label)s”"),
    Because.PERSON_SAYS: N_("nothing else can tell"),
    Because.NOTHING_COUNTED: N_("nothing says otherwise"),
    Because.NEIGHBOUR_BEFORE: N_("as in the step before, “%(step)s”"),
    Because.NEIGHBOUR_AFTER: N_("as in the step behind, “%(step)s”"),
    Because.LANE: N_("the lane that it stands in"),
    Because.MAP_STAGE: N_("a stage of this map"),
    Because.MAP_NAME: N_("the name of the map"),
    Because.DEAL_OWNER: N_("the manager who leads the deal"),
    Because.ALIKE: N_("the words “%(name)s” mean it"),
    Because.DEPARTMENT: N_("a department of the company"),
    Because.TO_BEGIN_WITH: N_("to begin with; can be changed any time"),
    Because.MEMBERS_CHOOSE: N_("all members see it and choose"),
    Because.SHARES_LOAD: N_("work is shared evenly"),
    Because.TAKES_TURNS: N_("everybody gets the same number"),
    Because.KNOWS_CLIENT: N_("the client meets the same person"),
}


def question_text(question: Question) -> str:
    """The question as a sentence."""
    template, params = _TEXTS[question.kind], dict(question.params)
    if question.kind is QuestionKind.START and question.is_required:
        template = _NO_START
    if question.kind is QuestionKind.DEADLINE and params.get("text"):
        template = _UNREADABLE
    if question.kind in (QuestionKind.WHO, QuestionKind.DISTRIBUTION):
        params["name"] = question.element_id
    return _filled(template, params)


def own_label(question: Question) -> str:
    """What stands beside the line where another answer than the proposed ones is typed."""
    return _(_OWN_LABELS[question.kind])


def own_hint(question: Question) -> str:
    """An example of such an answer."""
    if question.kind is QuestionKind.DECISION and question.params.get("yes_or_no"):
        return _(_YES_OR_NO_HINT)
    return _filled(_OWN_HINTS[question.kind], question.params)


def answer_words(kind: QuestionKind, value: str, label: str = "") -> str:
    """An answer as people say it. ``label`` is what they call it where ``value`` is an id."""
    known = _ANSWERS.get((kind, value))
    if known is not None:
        return _(known)
    rule = _rule(kind, value)
    if rule is not None:
        return rule_words(rule)
    if kind is QuestionKind.DISTRIBUTION:
        return distribution_sentence(Distribution(value))
    if kind is QuestionKind.REPEAT and value.isdecimal():
        return ngettext("%(num)s time", "%(num)s times", int(value))
    if kind is QuestionKind.DECISION and label:
        return _("The field “%(name)s”", name=label)
    return label or value


def reason_words(proposal: Proposal, kind: QuestionKind) -> str:
    """Why the answer is proposed; of a time also when it would be over if it began now: "→ Thu by 15:00"."""
    rule = _rule(kind, proposal.value)
    moment = _over_at(rule) if rule is not None else ""
    reason = _reason(proposal)
    return f"→ {moment} · {reason}" if moment else reason


def _reason(proposal: Proposal) -> str:
    params = proposal.params
    match proposal.because:
        case Because.MOST_STEPS:
            return _("%(steps)s, the most in the file", steps=_steps(params))
        case Because.OTHER_POOL:
            return _steps(params)
        case Because.ANSWERED_BEFORE:
            return _answered_before(params)
        case Because.COMPANY_USUAL:
            count = int(params.get("count", 1))
            return ngettext("so in %(num)s step of published maps", "so in %(num)s steps of published maps", count)
        case because:
            return _filled(_REASONS[because], params)


def _steps(params: Mapping[str, str]) -> str:
    return ngettext("%(num)s step for people", "%(num)s steps for people", int(params.get("steps", 0)))


def _answered_before(params: Mapping[str, str]) -> str:
    at, by = when(datetime.fromisoformat(params["at"])), params.get("by")
    return _("answered before by %(name)s, %(at)s", name=by, at=at) if by else _("answered before, %(at)s", at=at)


def _filled(template: str, params: Mapping[str, str]) -> str:
    return _(template, **params) if "%(" in template else _(template)


def meaning_of(kind: QuestionKind, text: str) -> str:
    """What is understood of a time, and when it would be over if it began now; empty for what is no time."""
    rule = _rule(kind, text)
    if rule is None:
        return ""
    words, moment = rule_words(rule), _over_at(rule)
    return f"{words} → {moment}" if moment else words


def _over_at(rule: DeadlineRule) -> str:
    """As people say the moment; empty where it depends on a deal."""
    try:
        over = said(due_at(rule, now(), company_calendar()))
    except DomainError:
        return ""
    return over.words if over is not None else ""


def _rule(kind: QuestionKind, text: str) -> DeadlineRule | None:
    try:
        if kind is QuestionKind.DEADLINE:
            return parse_deadline(text)
        if kind is QuestionKind.TIMER and text != ASK:
            return parse_timer_value(TimerKind.DURATION, text).rule
    except DeadlineNotUnderstood:
        pass
    return None
