"""What moving a deal would do, in words."""

from __future__ import annotations

from dataclasses import dataclass

from engine.queries.move_targets import MoveTarget
from webui.i18n import _, ngettext
from webui.messages import error_text


@dataclass(frozen=True, slots=True)
class ToldMove:
    """``sentences`` tell what happens; ``warning`` what should be thought over; ``refusal`` why it cannot be done."""

    target: MoveTarget
    sentences: tuple[str, ...]
    warning: str
    refusal: str


def told_move(target: MoveTarget) -> ToldMove:
    if target.refusal is not None:
        return ToldMove(target, (), "", error_text(target.refusal))
    sentences = []
    if target.withdrawn:
        sentences.append(
            ngettext(
                "The step %(steps)s is withdrawn.",
                "The steps %(steps)s are withdrawn.",
                len(target.withdrawn),
                steps=_quoted(target.withdrawn),
            )
        )
    if target.kept:
        sentences.append(
            ngettext(
                "The step %(steps)s stays open.",
                "The steps %(steps)s stay open.",
                len(target.kept),
                steps=_quoted(target.kept),
            )
        )
    named = (_("the deal’s owner") if one == "=owner" else one for one in target.responsible)
    who = ", ".join(one for one in named if not one.startswith("="))
    sentences.append(
        _("“%(name)s” opens for: %(who)s.", name=target.name, who=who)
        if who
        else _("“%(name)s” opens.", name=target.name)
    )
    if target.asked_again:
        sentences.append(
            ngettext(
                "The approval %(steps)s is asked again, if the way leads through it.",
                "The approvals %(steps)s are asked again, if the way leads through them.",
                len(target.asked_again),
                steps=_quoted(target.asked_again),
            )
        )
    warning = ""
    if target.passed_over:
        warning = ngettext(
            "The approval %(steps)s is passed over without being given. The history and the approval sheet show it.",
            "The approvals %(steps)s are passed over without being given. The history and the approval sheet show it.",
            len(target.passed_over),
            steps=_quoted(target.passed_over),
        )
    return ToldMove(target, tuple(sentences), warning, "")


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(_("“%(name)s”", name=name) for name in names)
