"""What the label of an arrow out of a decision says."""

from __future__ import annotations

import re

from engine.bpmn.compiled import Outcome, OutcomeKind
from engine.bpmn.expressions import ConditionKind, classify
from engine.bpmn.map_model import ACTIVITIES, Flow, Node

_WORDS: dict[OutcomeKind, tuple[str, ...]] = {
    OutcomeKind.REJECTED: (
        "не погоджено",
        "не затверджено",
        "не схвалено",
        "не узгоджено",
        "непогоджено",
        "незатверджено",
        "несхвалено",
        "неузгоджено",
        "не погоджую",
        "не затверджую",
        "не схвалюю",
        "відхиляю",
        "відхилено",
        "відхилити",
        "відмовлено",
        "відмовити",
        "відмова",
        "not approved",
        "disapproved",
        "rejected",
        "reject",
        "declined",
        "decline",
        "denied",
    ),
    OutcomeKind.RETURNED: (
        "на доопрацювання",
        "на допрацювання",
        "доопрацювання",
        "доопрацювати",
        "до доопрацювання",
        "на доробку",
        "повернути на доробку",
        "повертаю",
        "send back",
        "sent back",
        "повернуто",
        "повернути",
        "повернення",
        "rework",
        "returned",
        "return",
        "revise",
        "needs changes",
        "changes requested",
    ),
    OutcomeKind.APPROVED: (
        "погоджено",
        "погодити",
        "погоджую",
        "узгоджую",
        "затверджую",
        "схвалюю",
        "узгоджено",
        "схвалено",
        "схвалити",
        "затверджено",
        "затвердити",
        "approved",
        "approve",
    ),
}
_YES = ("так", "yes", "y")
_NO = ("ні", "no", "n")
_TROUBLE = r"(?:зауваж|запереч|remark|comment|objection)\w*"
_NO_TROUBLE = re.compile(
    rf"\b(?:без|нема|немає|no|without(?: any)?) {_TROUBLE}"
    rf"|\b{_TROUBLE} (?:нема|немає|відсутні|усунено|враховано|знято|resolved|addressed)\b"
)
_CONTRARY = re.compile(
    rf"\b(?:не|ні|без|нема|немає|not|no|without)\b|\b{_TROUBLE}"
    r"|\b(?:не(?:погодж|затвердж|схвал|узгодж)|відхил|відмов|доопрац|допрац|доробк|переробк|поверн)"
    r"|\b(?:reject|declin|denied|den[yi]|refus|disapprov|unapprov|rework|return|revis)"
)
_GIVEN = re.compile(
    r"\b(?:(?:погоджен|затверджен|схвален|узгоджен)(?:о|ий|а|е|і)|(?:погоди|затверди|схвали|узгоди)ли|approved)\b"
)
_ELSE = re.compile(
    r"\d|\b(?:потріб|треба|необхідн|понад|більш|менш|перевищ|терміново|додатков|повторн|ще\b"
    r"|need|requir|over\b|above|below|exceed|more\b|less\b|urgent|again|another|additional|further)"
)
_FINISH = "Завершити"  # what the button says that leads to an end without a name, in the language of the map
_CYRILLIC = re.compile("[а-яґєії]", re.IGNORECASE)
_NOT_LETTERS = re.compile(r"[^\w\s]+")


def label(flow: Flow) -> str:
    """How people call the way: its name, the words where its condition should be, else where it leads."""
    if flow.name:
        return flow.name
    if classify(flow.condition_text).kind is ConditionKind.WORDS:
        return flow.condition_text.strip("\"' ")
    return _leads_to(flow)


def way_to(flow: Flow) -> Outcome:
    """The button for the way."""
    return Outcome(id=flow.id, kind=OutcomeKind.WAY, label=label(flow))


def _leads_to(flow: Flow) -> str:
    """The name of the first thing with a name that the way comes to; failing that, that it ends, or where it begins."""
    seen: set[Node] = {flow.source}
    waiting = [flow.target]
    for node in waiting:
        if node.name:
            return node.name
        if node not in seen:
            seen.add(node)
            waiting += [following.target for following in node.outgoing]
    if flow.target.outgoing:
        return flow.target.source_id or flow.id
    names = (node.name for node in flow.source.scope.process.scope.all_nodes())
    finish = _FINISH if any(map(_CYRILLIC.search, names)) else "Finish"
    alike = [one for one in flow.source.outgoing if not (one.name or one.target.name or one.target.outgoing)]
    return finish if len(alike) == 1 else f"{finish} {alike.index(flow) + 1}"


def leads_to_work(flow: Flow) -> bool:
    """Whether the way is called by the work behind it only: "Погодити знижку" there is a step, and no outcome."""
    if flow.name or classify(flow.condition_text).kind is ConditionKind.WORDS:
        return False
    node, seen = flow.target, {flow.source}
    while not node.name and node not in seen and len(node.outgoing) == 1:
        seen.add(node)
        node = node.outgoing[0].target
    return node.type in ACTIVITIES


def approval_outcome(text: str) -> OutcomeKind | None:
    """Approved, returned or rejected, if the label is one of the words for it, or begins with one."""
    words = _folded(text)
    for kind, known in _WORDS.items():
        if any(words == word or words.startswith(word + " ") for word in known):
            return kind
    return None


def yes_or_no(text: str) -> bool | None:
    words = _folded(text)
    first = words.partition(" ")[0]
    if first in _YES:
        return True
    return False if first in _NO else None


def is_approval_given(word: str) -> bool:
    """Whether the word says that something was approved: "approved", "погоджений"."""
    return _GIVEN.fullmatch(word) is not None


def asks_something_else(question: str) -> bool:
    """Whether "no" may say anything but that something was not approved.

    So it is where the contrary is asked for ("Any remarks?", not "No remarks?"), or another thing ("Over 10 %?").
    """
    words = without_no_trouble(question)
    return _CONTRARY.search(words) is not None or (_ELSE.search(words) is not None and _GIVEN.search(words) is None)


def without_no_trouble(question: str) -> str:
    """The words of the question but for those that ask whether there is no trouble: "No remarks?"."""
    return " ".join(_NO_TROUBLE.sub(" ", _folded(question)).split())


def _folded(text: str) -> str:
    return " ".join(_NOT_LETTERS.sub(" ", text.casefold()).split())
