"""Files that prove: sheets that were issued, signatures that were attached. The history holds their hashes."""

from __future__ import annotations

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base


class ProofFile(Base):
    """Once by its hash; never removed: what was signed stays retrievable."""

    __tablename__ = "proof_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
