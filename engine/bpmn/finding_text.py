"""What a finding says, in two parts, and the remedies that many findings share."""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.errors import N_


class FindingText(NamedTuple):
    message: str
    remedy: str


NOTHING_TO_DO: Final = N_("Nothing to do.")
EXPORT_AGAIN: Final = N_("Export the map from your tool again as BPMN 2.0.")
