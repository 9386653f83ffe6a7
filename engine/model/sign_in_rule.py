"""By what people may sign in, where an administrator has ruled on it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Moment


class SignInRule(Base):
    """A row says: whoever has an account linked at ``issuer`` signs in by it alone, and by no password."""

    __tablename__ = "sign_in_rule"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)
