"""How a person wants to be written to."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Json


class MailChoice(Base):
    """What differs from the usual: ``deliveries`` and ``places`` by kind of notice, ``digest_times`` as local "HH:MM".

    With ``keeps_quiet`` nothing is sent outside the person's working hours. Who has no row has chosen nothing.
    """

    __tablename__ = "mail_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    deliveries: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    places: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    digest_times: Mapped[list[str]] = mapped_column(Json, default=list)
    keeps_quiet: Mapped[bool] = mapped_column(default=True)
