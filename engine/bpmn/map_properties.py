"""What an owner can say about an element of a map, beside what is drawn."""

from __future__ import annotations

from enum import StrEnum


class Property(StrEnum):
    """What an owner can say about an element. The values are the keys of the property bag."""

    STAGE = "stage"
    DEADLINE = "deadline"
    RESPONSIBLE = "responsible"
    DISTRIBUTION = "distribution"
    ESCALATION = "escalation"
    ESCALATE_AFTER = "escalate_after"
    REQUIRED = "required"
    APPROVAL = "approval"
    FOUR_EYES = "four_eyes"
    APPROVED_CONTENT = "approved_content"
    REAUTHENTICATE = "reauthenticate"
    RECALL = "recall"
    CONTENT_SEEN = "content_seen"
    REASK = "reask"
    FREEDOM = "freedom"
    INSTRUCTION = "instruction"
    RESULT = "result"  # of an end event: the deal is won or lost
    # Answers to what a drawing leaves open (engine.bpmn.questions).
    EXECUTED = "executed"  # of a process: it is the sales map
    START_AT = "start_at"  # of a process or sub-process: where it begins
    SPLIT = "split"  # of a step with several arrows out of it
    MERGE = "merge"  # of a step with several arrows into it
    DECIDED_BY = "decided_by"  # of a gateway
    DEFAULT_WAY = "default_way"  # of a gateway: the arrow to take when no condition holds
    TIMER = "timer"  # of a timer event: its value
    REPEAT = "repeat"  # of an activity: how often it runs


ANSWERS = frozenset(
    {
        Property.EXECUTED,
        Property.START_AT,
        Property.SPLIT,
        Property.MERGE,
        Property.DECIDED_BY,
        Property.DEFAULT_WAY,
        Property.TIMER,
        Property.REPEAT,
    }
)
