"""Which columns a person's list has, and in which order: what all such lists have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.list_choice import ListChoice
from engine.policy.permissions import Actor

Column = TypeVar("Column", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ListColumns(Generic[Column]):
    """``order`` holds every column once; those of ``chosen`` are shown. A list's own class gives what is usual."""

    LIST_NAME: ClassVar[str]

    order: tuple[Column, ...] = ()
    chosen: frozenset[Column] = frozenset()

    @classmethod
    def of(cls, order: Iterable[str], chosen: Iterable[str]) -> Self:
        """From words; what is no column is left out, and a column that is not named comes last."""
        every = {one.value: one for one in cls().order}
        named = (every[one] for one in order if one in every)
        return cls(
            order=tuple(dict.fromkeys((*named, *every.values()))),
            chosen=frozenset(every[one] for one in chosen if one in every),
        )

    @classmethod
    def kept(cls, session: Session, actor: Actor) -> Self:
        """The actor's own, on whatever device they chose them."""
        chosen = select(ListChoice.chosen).where(
            ListChoice.person_id == actor.person_id, ListChoice.list_name == cls.LIST_NAME
        )
        kept = session.scalar(chosen)
        return cls.of(kept["order"], kept["chosen"]) if kept else cls()

    @property
    def shown(self) -> tuple[Column, ...]:
        return tuple(one for one in self.order if one in self.chosen)

    def moved(self, word: str, by: int) -> Self:
        """The column of that word one place up (``by`` -1) or down (1); at the end of the list it stays."""
        order = [one.value for one in self.order]
        place = order.index(word)
        other = place + by
        if 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
        return type(self).of(order, (one.value for one in self.chosen))

    def as_kept(self) -> Mapping[str, Any]:
        return {"order": list(self.order), "chosen": list(self.shown)}
