"""Why deals end without a sale."""

from __future__ import annotations

from webui.api.models.values import Listed, Told


class LossReasonItem(Told):
    """A reason of the company's list."""

    id: int
    name: str
    is_archived: bool


class LossReasonList(Listed[LossReasonItem]):
    """Those that are offered, in their order; archived ones last."""
