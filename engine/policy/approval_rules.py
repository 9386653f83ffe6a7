"""When an approval is decided, from the votes given so far.

A rejection or a return decides at once, whatever was approved before: asking the others further would waste their
time on a text that will not stay. An approval is decided only when the rule is met in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.bpmn.compiled import ApprovalRule, OutcomeKind

_ENDS_AT_ONCE = frozenset({OutcomeKind.REJECTED, OutcomeKind.RETURNED})


@dataclass(frozen=True, slots=True)
class Vote:
    """``person_id`` is whose voice it is (the person substituted, not the substitute).

    ``approver`` is the entry of the rule's list that the vote answers; empty when the rule is no list.
    """

    person_id: int
    outcome: OutcomeKind
    approver: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """``outcome`` is None while the approval waits.

    ``missing_people`` (any, all, count) or ``missing_approvers`` (list) may still approve; ``needed`` of them have to.
    ``to_ask`` are those of them whose turn it is: all, or the first when they are asked in order.
    """

    outcome: OutcomeKind | None
    missing_people: tuple[int, ...] = ()
    missing_approvers: tuple[str, ...] = ()
    needed: int = 0
    to_ask: tuple[int, ...] | tuple[str, ...] = ()

    @property
    def is_out_of_reach(self) -> bool:
        """Nobody is left who could complete it: the group is empty or too small. It waits, and must be told."""
        return self.outcome is None and self.needed > len(self.missing_people) + len(self.missing_approvers)


def decide(rule: ApprovalRule, votes: Sequence[Vote], members: Sequence[int] = ()) -> Decision:
    """What ``votes``, in the order given, decide under ``rule`` for the group ``members``.

    Of a list, ``at_least`` entries have to approve, by default all.

    Several votes of one person count once. In ``all``, only members of today are asked for: who left is not missing,
    who joined is. An empty group approves nothing. In order, a vote out of turn does not count.
    """
    return _decide_list(rule, votes) if rule.mode == "list" else _decide_group(rule, votes, members)


def _decide_group(rule: ApprovalRule, votes: Sequence[Vote], members: Sequence[int]) -> Decision:
    group = tuple(dict.fromkeys(members))
    approved: set[int] = set()
    for vote in votes:
        waiting = [person for person in group if person not in approved]
        if rule.in_order and waiting and vote.person_id != waiting[0]:
            continue
        if vote.outcome in _ENDS_AT_ONCE:
            return Decision(outcome=vote.outcome)
        if vote.outcome is OutcomeKind.APPROVED:
            approved.add(vote.person_id)
    missing = tuple(person for person in group if person not in approved)
    if rule.mode == "all":
        needed = len(missing) if group else 1
    else:
        needed = (max(1, rule.count) if rule.mode == "count" else 1) - len(approved)
    if needed <= 0:
        return Decision(outcome=OutcomeKind.APPROVED)
    return Decision(
        outcome=None, missing_people=missing, needed=needed, to_ask=missing[:1] if rule.in_order else missing
    )


def _decide_list(rule: ApprovalRule, votes: Sequence[Vote]) -> Decision:
    missing = list(dict.fromkeys(rule.approvers))
    spare = len(missing) - (rule.at_least or len(missing))  # how many of the list need not approve
    for vote in votes:
        asked = missing[:1] if rule.in_order else list(rule.approvers)
        if vote.approver not in asked:
            continue
        if vote.outcome in _ENDS_AT_ONCE:
            return Decision(outcome=vote.outcome)
        if vote.outcome is OutcomeKind.APPROVED and vote.approver in missing:
            missing.remove(vote.approver)
    if len(missing) <= max(0, spare) and len(missing) < len(set(rule.approvers)):
        return Decision(outcome=OutcomeKind.APPROVED)
    waiting = tuple(missing)
    return Decision(
        outcome=None,
        missing_approvers=waiting,
        needed=max(1, len(waiting) - max(0, spare)),
        to_ask=waiting[:1] if rule.in_order else waiting,
    )
