"""How often the company was changed: its people, departments, substitutions, calendars and tokens."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity


class CompanyRevision(Base):
    """One row. ``number`` rises with every change that decides who may do what; triggers of the database count it.

    What was read of these tables at one number is current as long as the number stands.
    """

    __tablename__ = "company_revision"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
