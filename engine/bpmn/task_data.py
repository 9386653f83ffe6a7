"""What a task keeps in its own data: the keys, as the state of an instance bears them. They never change."""

from __future__ import annotations

# Of a multi-instance:
RUNS = "runs"  # how many there will be
OPENED = "opened"
COMPLETED = "completed"
DECIDED = "decided"  # what the steps in its completed runs decided together

# Of a run:
INDEX = "index"  # of a loop, from 0
ITEM = "item"  # of a multi-instance over a list
WRITTEN = "written"  # what was written and decided in it, and is its own

# Of tokens on their way:
ARRIVED_FROM = "from"  # in a join's task: the spec that the token came from, one per incoming sequence flow
RACE = "race"  # in a task behind an event gateway: the gateway's task
RACE_FLOW = "race_flow"  # and the flow from it, recorded when it is this one that happens

# Of compensation:
ENTRIES = "entries"  # of a ledger; of a loop that is not over, its runs
PENDING = "pending"  # of what compensates: the entries that are still to be undone, the next one last
UNDOING = "undoing"  # and the one whose handler is open
UNDONE = "undone"  # of what compensated: all is done
UNDOES = "undoes"  # in the task of a handler: the task that waits for it

# Of a call that listens to what is decided in the called map (engine/bpmn/called_approvals.py), of this run of it:
ANSWERS = "answers"  # what its approvals said last; None: nothing yet
LAST_DECISION = "last_decision"  # the outcomes of approvals for which the last way chosen in it is taken
