"""How much of an open deal's amount may be counted on: the share of deals that were won from where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

FEWEST_ENDED = 20
"""Of fewer ended deals a share would tell of chance rather than of the company's sales."""
_CENT = Decimal("0.01")


class ShareTaken(StrEnum):
    """Whose share an amount is weighted by: its stage's, the whole map's, or nobody's."""

    STAGE = "stage"
    MAP = "map"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class WinShare:
    """Of ``ended`` deals, ``won`` were won."""

    won: int = 0
    ended: int = 0

    @property
    def is_enough(self) -> bool:
        return self.ended >= FEWEST_ENDED

    @property
    def percent(self) -> int | None:
        """None where no deal has ended."""
        return int((Decimal(100 * self.won) / self.ended).quantize(Decimal(1), ROUND_HALF_UP)) if self.ended else None

    def of(self, amount: Decimal) -> Decimal:
        """The amount times the share, to the hundredth. Of no ended deal: nothing."""
        return (amount * self.won / self.ended).quantize(_CENT, ROUND_HALF_UP) if self.ended else Decimal(0)


@dataclass(frozen=True, slots=True)
class StageShare:
    """``own`` is measured on the deals that reached the stage; ``taken`` says whose share its deals are weighted by."""

    stage: str
    own: WinShare
    taken: ShareTaken


@dataclass(frozen=True, slots=True)
class WinShares:
    """``whole`` is measured on all ended deals of the map, ``stages`` on those that reached each stage."""

    whole: WinShare
    stages: Mapping[str, WinShare]

    def of_stage(self, stage: str) -> StageShare:
        own = self.stages.get(stage, WinShare())
        if stage and own.is_enough:
            return StageShare(stage, own, ShareTaken.STAGE)
        return StageShare(stage, own, ShareTaken.MAP if self.whole.is_enough else ShareTaken.NONE)

    def weighted(self, stage: str, amount: Decimal) -> Decimal | None:
        """What of an amount in the stage may be counted on; None where too few deals have ended to tell."""
        share = self.of_stage(stage)
        if share.taken is ShareTaken.NONE:
            return None
        return (share.own if share.taken is ShareTaken.STAGE else self.whole).of(amount)
