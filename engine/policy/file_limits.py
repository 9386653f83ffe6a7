"""How large files may be, one, all of a deal, and all of the installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.errors import N_
from engine.policy.file_kinds import FileRefused
from engine.settings import Settings

MEGABYTE = 1024 * 1024


class FileTooLarge(FileRefused):
    code: ClassVar[str] = "file_too_large"
    template: ClassVar[str] = N_("“%(name)s” is too large: a file may have up to %(limit)s MB.")


class DealHoldsTooMuch(FileRefused):
    code: ClassVar[str] = "deal_holds_too_much"
    template: ClassVar[str] = N_(
        "“%(name)s” does not fit: the files of this deal have %(used)s of %(limit)s MB, and it has %(size)s MB. "
        "Previous versions count, too."
    )


class StorageFull(FileRefused):
    code: ClassVar[str] = "storage_full"
    template: ClassVar[str] = N_(
        "“%(name)s” does not fit: all files together have %(used)s of %(limit)s MB. Tell the administrator."
    )


@dataclass(frozen=True, slots=True)
class FileLimits:
    """In bytes: of one file, of all versions of all files of a deal, of all contents that the installation keeps."""

    of_file: int = 25 * MEGABYTE
    of_deal: int = 1024 * MEGABYTE
    of_all: int = 100 * 1024 * MEGABYTE

    def ensure_file_fits(self, name: str, size: int) -> None:
        """Raises FileTooLarge."""
        if size > self.of_file:
            raise FileTooLarge(name=name, limit=self.of_file // MEGABYTE)

    def ensure_deal_has_room(self, name: str, size: int, *, used: int) -> None:
        """Raises DealHoldsTooMuch."""
        if used + size > self.of_deal:
            raise DealHoldsTooMuch(name=name, used=_told(used), limit=self.of_deal // MEGABYTE, size=_told(size))

    def ensure_storage_has_room(self, name: str, size: int, *, used: int) -> None:
        """Raises StorageFull."""
        if used + size > self.of_all:
            raise StorageFull(name=name, used=_told(used), limit=self.of_all // MEGABYTE)


def limits_of(settings: Settings) -> FileLimits:
    """Those of an installation."""
    return FileLimits(
        of_file=settings.file_max_mb * MEGABYTE,
        of_deal=settings.deal_files_max_mb * MEGABYTE,
        of_all=settings.all_files_max_gb * 1024 * MEGABYTE,
    )


def _told(size: int) -> int:
    """Megabytes, rounded up: a file is never told to have none."""
    return -(-size // MEGABYTE)


NO_FILES = FileLimits(of_file=0, of_deal=0, of_all=0)
"""Of whoever brings none."""
