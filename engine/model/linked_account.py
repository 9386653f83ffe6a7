"""Accounts of the company's provider by which people sign in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Moment


class LinkedAccount(Base):
    """``subject`` is the account's name at ``issuer``, which never becomes somebody else's there.

    ``mail`` is the account's address when it was linked, to be shown; nobody is found by it. Empty: the provider did
    not vouch for one.
    """

    __tablename__ = "linked_account"
    __table_args__ = (UniqueConstraint("person_id", "issuer", name="uq_linked_account_person_id"),)

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    mail: Mapped[str] = mapped_column(String(254), default="")
    linked_at: Mapped[datetime] = mapped_column(Moment)
