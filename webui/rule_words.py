"""Rules of a map in words: what is wrong with a broken one."""

from __future__ import annotations

from engine.policy.map_rules import RuleFailure
from webui.i18n import _
from webui.messages import error_text


def failure_words(failure: RuleFailure) -> str:
    """One sentence, with what the map itself suffered from where it failed."""
    told = _("%(problem)s “%(step)s”", problem=_(failure.problem), step=failure.name)
    if failure.because is not None:
        told = f"{told}: {error_text(failure.because)}"
    return told[:1].upper() + told[1:]
