"""The declarative base: one naming convention, so that migrations can name what they change."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of the product.

    ``is_plain`` says that whoever makes or changes a row sets its foreign keys as columns, not through relationships
    alone, and that no row of it is deleted as an object: the session writes such rows directly (see work_session).
    """

    is_plain: ClassVar[bool] = False

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
