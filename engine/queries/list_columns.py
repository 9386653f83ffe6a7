"""Which columns a person's list has, and in which order: what all such lists have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.list_choice import ListChoice
from engine.policy.permissions import Actor
from engine.queries.own_columns import OwnColumn

Column = TypeVar("Column", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ListColumns(Generic[Column]):
    """Those of ``chosen`` are shown, in their ``order``. A list's own class gives what is usual.

    The ``order`` holds each of the list's built-in columns once, and of the ``own`` fields, which the person may choose
    beside these, the chosen ones.
    """

    LIST_NAME: ClassVar[str]

    order: tuple[Column | OwnColumn, ...] = ()
    chosen: frozenset[Column | OwnColumn] = frozenset()
    own: tuple[OwnColumn, ...] = ()

    @classmethod
    def offered(cls, session: Session, actor: Actor, wanted: Collection[str] | None = None) -> tuple[OwnColumn, ...]:
        """The own fields that the actor may choose; of those in ``wanted`` only, if that is given."""
        raise NotImplementedError

    @classmethod
    def usual(cls, own: Iterable[OwnColumn]) -> Self:
        """For who has chosen nothing."""
        return cls(own=tuple(own))

    @classmethod
    def of(cls, order: Iterable[str], chosen: Iterable[str], own: Iterable[OwnColumn] = ()) -> Self:
        """From words; what is no column, or no more, is left out, and a column that is not named comes last."""
        ticked, offered = frozenset(chosen), tuple(own)
        built_in = {one.value: one for one in cls().order}
        every = built_in | {one.value: one for one in offered if one.value in ticked}
        named = (every[one] for one in order if one in every)
        return cls(
            order=tuple(dict.fromkeys((*named, *every.values()))),
            chosen=frozenset(every[one] for one in ticked if one in every),
            own=offered,
        )

    @classmethod
    def kept(cls, session: Session, actor: Actor, *, with_every_field: bool = False) -> Self:
        """The actor's own, on whatever device they chose them.

        What may be chosen is asked anew each time: a field that was taken out of use since, or that the actor may see
        no more, is no column. Of ``own`` only what is shown is read, unless ``with_every_field``.
        """
        kept = session.scalar(
            select(ListChoice.chosen).where(
                ListChoice.person_id == actor.person_id, ListChoice.list_name == cls.LIST_NAME
            )
        )
        if kept is None:
            return cls.usual(cls.offered(session, actor, None if with_every_field else ()))
        return cls.of(
            kept["order"], kept["chosen"], cls.offered(session, actor, None if with_every_field else kept["chosen"])
        )

    @property
    def shown(self) -> tuple[Column | OwnColumn, ...]:
        return tuple(one for one in self.order if one in self.chosen)

    @property
    def own_shown(self) -> tuple[OwnColumn, ...]:
        """The company's own fields among the columns that are shown."""
        return tuple(one for one in self.shown if isinstance(one, OwnColumn))

    @property
    def own_beside(self) -> tuple[OwnColumn, ...]:
        """What may be chosen in addition."""
        return tuple(one for one in self.own if one not in self.chosen)

    def moved(self, word: str, by: int) -> Self:
        """The column of that word one place up (``by`` -1) or down (1); at the end of the list it stays."""
        order = [one.value for one in self.order]
        place = order.index(word)
        other = place + by
        if 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
        return type(self).of(order, (one.value for one in self.chosen), self.own)

    def as_kept(self) -> Mapping[str, Any]:
        return {"order": [one.value for one in self.order], "chosen": [one.value for one in self.shown]}
