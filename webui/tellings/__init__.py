"""History as sentences: how each kind of event is told, by noun."""

from __future__ import annotations

from collections.abc import Mapping

from webui.tellings import company, deals, erasures, maps, proofs, running, steps
from webui.tellings.words import Telling

TELLINGS: Mapping[str, Telling] = {
    **deals.TELLINGS,
    **steps.TELLINGS,
    **running.TELLINGS,
    **maps.TELLINGS,
    **company.TELLINGS,
    **proofs.TELLINGS,
    **erasures.TELLINGS,
}
