"""Why a call of another system failed, in the reader's language: what is kept with it is a marked text or a code."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.bpmn.expressions import failures
from engine.commands.call_results import ValueNotReadable
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldOutOfRange, FieldRequired
from engine.policy.call_answers import AnswerNotUsable, ValueNotTaken, ValuesTooLong
from webui.i18n import _

_KEPT: tuple[type[DomainError], ...] = (
    AnswerNotUsable,
    ValueNotTaken,
    ValuesTooLong,
    ValueNotReadable,
    FieldNotUnderstood,
    FieldRequired,
    FieldOutOfRange,
    failures.ExpressionFailed,
    failures.YesOrNoExpected,
    failures.ValueTooLarge,
    failures.ValueNotAllowed,
    failures.TooManySteps,
    failures.DataNestedTooDeeply,
)
"""What may be wrong with an answer. It is kept as an English sentence, beside those of the other system."""
_PLACE = re.compile(r"%\\\((\w+)\\\)s")


def _pattern_of(template: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(template)), re.DOTALL)


_PATTERNS = tuple((_pattern_of(kind.template), kind.template) for kind in _KEPT)
_MARKED = frozenset({"problem", "expected", "kind", "label"})

_CODE = re.compile(r"HTTP (\d{3})")
_MEANINGS: Mapping[int, str] = {
    400: N_("the system did not understand our request"),
    401: N_("the system does not know us: look at the secret"),
    403: N_("the system does not let us do this: look at the secret and its rights"),
    404: N_("there is nothing at this address"),
    405: N_("this address does not take such a request"),
    408: N_("our request took too long"),
    409: N_("the system says that this contradicts what it has"),
    410: N_("what was at this address is gone"),
    413: N_("we sent the system too much"),
    422: N_("the system does not accept these values"),
    429: N_("we ask the system too often"),
    500: N_("something failed in the system"),
    501: N_("the system cannot do this"),
    502: N_("a part of the system does not answer"),
    503: N_("the system does not work at the moment"),
    504: N_("a part of the system does not answer in time"),
}
_BY_HUNDREDS: Mapping[int, str] = {
    3: N_("the system sends us on to another address; write that one into the map"),
    4: N_("the system refuses our request"),
    5: N_("something failed in the system"),
}


def failure_words(text: str) -> str:
    """A marked text is translated, a code of HTTP explained; anything else is what the other system said."""
    code = _CODE.fullmatch(text)
    if code is not None:
        number = int(code[1])
        meaning = _MEANINGS.get(number) or _BY_HUNDREDS.get(number // 100)
        if meaning is not None:
            return _("%(meaning)s (HTTP %(code)s)", meaning=_(meaning), code=number)
    for pattern, template in _PATTERNS:
        found = pattern.fullmatch(text)
        if found is not None:
            told = {name: failure_words(one) if name in _MARKED else one for name, one in found.groupdict().items()}
            return _(template, **told) if told else _(template)
    return _(text)
