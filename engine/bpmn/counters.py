"""The names under which a map reads what is counted for it: the runs of a loop, the arrows of a complex gateway.

They are those of BPMN 2.0 (tables 10.28 and 10.30) and those that most engines give them.
"""

from __future__ import annotations

ACTIVATION_COUNT = "activationCount"  # of a complex gateway: on how many of its arrows a token has come
LOOP_COUNTER = "loopCounter"
COUNTERS = frozenset(
    {
        LOOP_COUNTER,
        "numberOfInstances",
        "numberOfActiveInstances",
        "numberOfCompletedInstances",
        "numberOfTerminatedInstances",
        "nrOfInstances",
        "nrOfActiveInstances",
        "nrOfCompletedInstances",
    }
)
