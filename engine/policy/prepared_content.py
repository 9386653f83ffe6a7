"""Who prepared what an approval is bound to: with four eyes they do not give it, whatever started the step.

The deal's history tells it: whoever last made a bound value what it is, and whoever brought a bound file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import InvalidOperation
from typing import Any

from engine.bpmn.compiled import StepDefinition
from engine.policy.approved_content import bound_names, exact, is_bound_file


@dataclass(frozen=True, slots=True)
class Writing:
    """One entry of a deal's history that wrote into the deal.

    ``people`` are who did it and in whose name, nobody where a table or another program did. ``values`` go by the names
    of fields, ``deal.amount`` and its like for the deal's own. ``file`` is the name of a file that was brought,
    ``replaces`` says that another version of it was there. ``element_id`` is the step at which it was done.
    """

    people: frozenset[int] = frozenset()
    values: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    replaces: bool = False
    element_id: str = ""


def preparers(step: StepDefinition, writings: Iterable[Writing]) -> frozenset[int]:
    """Who prepared what ``step`` approves; ``writings`` are in the order of history.

    Confirming a value that stands there already prepares nothing. What an approver fills in while deciding on this very
    step, and what they attach to it beside the files that are there, belongs to their decision.
    """
    names, all_fields = bound_names(step)
    bound = {_key(name) for name in names}
    standing: dict[str, Any] = {}
    by: dict[str, frozenset[int]] = {}
    files: dict[str, frozenset[int]] = {}
    for one in writings:
        is_own = one.element_id == step.element_id
        for name, value in one.values.items():
            key = _key(name)
            known = _comparable(key, value)
            if known == standing.get(key) or (known is None and key in _OWN_OF_DEAL):  # a step leaves those as they are
                continue
            standing[key] = known
            by[key] = frozenset() if is_own else one.people
        if one.file and (one.replaces or not is_own):
            files[one.file] = one.people
    authors = [people for key, people in by.items() if key in bound or (all_fields and not key.startswith("deal."))]
    authors += [people for name, people in files.items() if is_bound_file(step, name)]
    return frozenset().union(*authors)


_OWN_OF_DEAL = frozenset({"deal.amount", "deal.currency", "deal.close_date", "deal.title"})


def _key(name: str) -> str:
    return name if name in _OWN_OF_DEAL else name.removeprefix("deal.")


def _comparable(key: str, value: Any) -> Any:
    try:
        return None if value == "" else exact(key, value)
    except InvalidOperation:  # a message brought it under the name of the deal's sum
        return value
