"""Two people edit one record: what each of them changed is kept, and nothing of the first is overwritten unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from engine.errors import N_, Conflict, DomainError
from engine.policy.personal_texts import ERASED

UNKNOWN: Any = object()
"""What a value was before, where nobody has written it down."""


class ChangedTo(DomainError):
    code: ClassVar[str] = "changed_to"
    template: ClassVar[str] = N_("%(by)s has put “%(value)s” here, %(at)s.")


class EmptiedBy(DomainError):
    code: ClassVar[str] = "emptied_by"
    template: ClassVar[str] = N_("%(by)s has emptied this, %(at)s.")


class EditedMeanwhile(Conflict):
    """``errors`` tells of each field what it is now and who made it so."""

    code: ClassVar[str] = "edited_meanwhile"
    template: ClassVar[str] = N_(
        "%(by)s has changed the same while you were editing. What it is now stands at the fields; save again to put "
        "yours in its place."
    )

    def __init__(self, errors: Mapping[str, DomainError], *, by: str) -> None:
        super().__init__(by=by)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Touch:
    """Somebody changed a field after it was read: who and when last, and what it was at the reading.

    ``version`` is the record's own after the last of these changes.
    """

    by: str
    at: datetime
    before: Any
    version: int = 0


@dataclass(frozen=True, slots=True)
class AsOf:
    """As of when a step's form was read: the length of its deal's history, and the version of the deal's client.

    ``client`` is None where the form did not say it.
    """

    deal: int
    client: int | None = None


def told_of(touch: Touch, value: Any) -> DomainError:
    """What is told at a field that another has changed, with the value that it has now."""
    if value in (None, "", [], ERASED):
        return EmptiedBy(by=touch.by, at=touch.at)
    return ChangedTo(by=touch.by, at=touch.at, value=value)


def touched_by(
    touches: Mapping[str, Touch], name: str, by: str, at: datetime, before: Any, *, version: int = 0
) -> Touch:
    """The touch of a field that is changed once more; what it was at the reading stays."""
    first = touches.get(name)
    return Touch(by, at, before if first is None else first.before, version)


def reconciled(
    wanted: Mapping[str, Any],
    current: Mapping[str, Any],
    touches: Mapping[str, Touch],
    words: Mapping[str, str],
    *,
    told_version: int | None = None,
) -> dict[str, Any]:
    """``wanted`` without what its editor left as it was read: there the other's change stays.

    ``words`` are the present values that have other words than their own, an owner's name for one. Raises
    EditedMeanwhile for fields that both have changed, each to something else, unless the editor was told of that
    already: as of ``told_version``.
    """
    kept: dict[str, Any] = {}
    errors: dict[str, DomainError] = {}
    for name, value in wanted.items():
        touch = touches.get(name)
        now = current.get(name)
        if touch is None or _same(value, now):
            kept[name] = value
        elif touch.before is not UNKNOWN and _same(value, touch.before):
            continue
        elif told_version is not None and touch.version <= told_version:
            kept[name] = value
        else:
            errors[name] = told_of(touch, words.get(name, now))
    if errors:
        raise edited_meanwhile(errors, touches)
    return kept


def edited_meanwhile(errors: Mapping[str, DomainError], touches: Mapping[str, Touch]) -> EditedMeanwhile:
    """The conflict over the fields in ``errors``, all of which others have touched."""
    return EditedMeanwhile(errors, by=", ".join(dict.fromkeys(touches[name].by for name in errors)))


def _same(one: Any, other: Any) -> bool:
    """Nothing and an empty text say the same; a sum is the same however it is spelt."""
    if one in (None, "") or other in (None, ""):
        return one in (None, "") and other in (None, "")
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        return Decimal(str(one)) == Decimal(str(other))
    return bool(one == other) or str(one) == str(other)
