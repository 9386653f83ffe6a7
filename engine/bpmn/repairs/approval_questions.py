"""Whether a decision behind an approval asks whether that was given.

"Yes" and "No" say nothing by themselves. Behind an approval they are taken for its answer where the question speaks of
that, or where nothing is asked. Behind "Is the amount large?" they are not: a rejection would go on by "No".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from engine.bpmn.map_model import Flow, Node
from engine.bpmn.map_properties import Property
from engine.bpmn.map_sayings import said_of
from engine.bpmn.repairs.labels import asks_something_else, is_approval_given, label, without_no_trouble

AROUND = frozenset(
    {
        *("чи", "є", "було", "і", "та", "все", "усе", "всі", "усі", "всіма", "усіма"),
        *("is", "was", "has", "have", "been", "it", "by", "the", "and", "all", "everyone"),
    }
)
"""Words that change nothing of what is asked."""
_ALSO_AROUND = frozenset(
    {
        *("в", "у", "ви", "ми", "це", "цей", "ця", "за", "від", "по", "щодо", "порядку", "вже", "уже"),
        *("можна", "можемо", "отримано", "отримали", "одержано", "надано", "надали", "дано", "дали", "умови"),
        *("a", "an", "are", "were", "did", "does", "do", "we", "you", "they", "this", "that", "of", "for", "on", "in"),
        *("can", "may", "everything", "given", "received", "obtained", "to", "terms", "conditions"),
    }
)
_AGREEMENT = re.compile(
    r"погод\w*|затвердж\w*|затверди\w*|схвал\w*|узгод\w*|згод(?:а|ен|на|ні)|згідн\w*|ок|гаразд|добре|успішн\w*"
    r"|позитивн\w*|прийнят\w*|підтвердж\w*|підтверди\w*|підходить|підходять|пройден\w*|дозволен\w*|далі|рішення"
    r"|висновок|результат\w*|дозвіл|добро|віз[ау]|завізова\w+|правильн[оиаеі]й?|вірн[оиаеі]й?|коректн[оиаеі]й?"
    r"|прийнятн\w*|влаштову\w+|годиться|продовжуємо|продовжувати|продовжити|йдемо|підписуємо|підписувати|підписати"
    r"|approv\w*|agree\w*|accept\w*|ok|okay|good|fine|success\w*|succes?ful\w*|positive\w*|pass(?:ed)?|confirmed"
    r"|granted|go|continue|proceed|decision|result|outcome|verdict|correct|right|valid|cleared|endorsed|sign",
)
_CHECKED = re.compile(r"перевірен\w+|перевірили|готов(?:о|ий|а|е|і)|checked|reviewed|verified|ready")
_OUTSIDERS = re.compile(
    r"клієнт|замовник|покуп|контрагент|партнер|постачальник|підрядник|банк|лізинг|страхов|інвестор|орендар|орендодав"
    r"|дилер|дистриб|сторон|тендер|client|customer|buyer|partner|supplier|vendor|contractor|bank|lender|insur|investor"
    r"|tenant|dealer|distributor|part(?:y|ies)\b",
    re.IGNORECASE,
)
_INSIDERS = (
    re.compile(r"директор|director|\bceo\b"),
    re.compile(r"керівн|начальник|менеджер|manager|\bhead\b|\bboss\b|\bchief\b"),
    re.compile(r"юрист|юридич|lawyer|\blegal\b"),
    re.compile(r"фінанс|financ|\bcfo\b"),
    re.compile(r"бухгалтер|account"),
    re.compile(r"правлінн|наглядов|\bboard\b"),
    re.compile(r"власник|owner"),
)
_SHORTEST, _STEM = 4, 5  # letters of a word that two texts may have in common, and by how many they are compared
_SHORTEST_STEM, _ENDING = 3, 2  # letters


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def is_among(word: str, known: Collection[str]) -> bool:
    """Whether it is one of the ``known`` words, in whatever case: "contract", "contracts"."""
    return len(word) >= _SHORTEST and any(
        len(one) >= _SHORTEST and one[:_STEM] == word[:_STEM] for one in known if not is_approval_given(one)
    )


def speaks_of_outsiders(text: str) -> bool:
    """Whether it speaks of somebody outside the company, who approves by no step."""
    return _OUTSIDERS.search(text) is not None


def words_about(steps: Iterable[Node]) -> frozenset[str]:
    """By what ``steps``, what they stand in, and who acts at them are called."""
    found: set[str] = set()
    for step in steps:
        texts = [step.title, said_of(step, Property.RESPONSIBLE), *step.lanes]
        if step.scope.owner is not None:
            texts.append(step.scope.owner.name)
        if step.step is not None and step.step.approval is not None:
            texts += step.step.approval.approvers
        found.update(*map(words_of, texts))
    return frozenset(found)


def ask_whether_approved(question: str, yes: Flow, no: Flow, known: Collection[str], *, asked_again: bool) -> bool:
    """Whether ``yes`` and ``no`` answer whether the approval was given that is called by the words ``known``.

    ``asked_again``: ``no`` leads to nothing but the approval. Then "Checked?" and "Is the contract ready?" ask for
    that, too: whatever else they meant, nothing goes on that was not approved.
    """
    if asks_something_else(question) or asks_something_else(label(yes)):
        return False
    if words_of(question):
        return _asks_whether_approved(question, known, asked_again=asked_again)
    said, refused = (" ".join(words_of(label(flow))[1:]) for flow in (yes, no))
    contrary = not refused or asks_something_else(refused)
    return (not said or _asks_whether_approved(said, known)) and (contrary or _asks_whether_approved(refused, known))


def _asks_whether_approved(question: str, known: Collection[str], *, asked_again: bool = False) -> bool:
    """Whether it asks whether something was approved, by nobody who is not ``known``.

    "Contract approved?" says so by itself. A word that says it less plainly may stand beside words that are known only:
    "Is the cost acceptable?" behind "Approve the cost".
    """
    left = without_no_trouble(question)
    words = words_of(left)
    if any(_is_somebody_else(word, known) for word in words):
        return False
    if any(map(is_approval_given, words)):
        return True
    spoken = [word for word in words if _AGREEMENT.fullmatch(word) or (asked_again and _CHECKED.fullmatch(word))]
    others = [word for word in words if word not in AROUND | _ALSO_AROUND and word not in spoken]
    trouble = len(words) < len(words_of(question))
    return (bool(spoken) or trouble) and all(_is_known(word, known) or _is_somebody(word) for word in others)


def _is_known(word: str, known: Collection[str]) -> bool:
    """Whether it is one of the ``known`` words but for its ending: "ціна", "ціну"."""
    return any(word[: _stem_of(word, one)] == one[: _stem_of(word, one)] for one in known)


def _stem_of(word: str, other: str) -> int:
    """How many letters the two have to have in common to be one word."""
    return max(_SHORTEST_STEM, min(len(word), len(other)) - _ENDING)


def _is_somebody_else(word: str, known: Collection[str]) -> bool:
    if _OUTSIDERS.search(word) and not _is_known(word, known):
        return True
    return any(who.search(word) and not any(map(who.search, known)) for who in _INSIDERS)


def _is_somebody(word: str) -> bool:
    """Whether it is a role in the company, by whatever word."""
    return any(who.search(word) for who in _INSIDERS)
