"""The order of the repairs. Each relies on what those before it have settled."""

from __future__ import annotations

from engine.bpmn.repairs.alarms_beside import say_alarms_that_join
from engine.bpmn.repairs.answers_overwritten import say_whose_last_answer_counts
from engine.bpmn.repairs.approvals_heard import check_approvals
from engine.bpmn.repairs.arrows import check_arrows
from engine.bpmn.repairs.asked_once import ask_once
from engine.bpmn.repairs.boundary_buttons import add_boundary_buttons
from engine.bpmn.repairs.calls import settle_calls
from engine.bpmn.repairs.compensation import settle_compensation
from engine.bpmn.repairs.decision_tables import check_results, say_unused_tables
from engine.bpmn.repairs.decisions import settle_decisions, settle_decisions_behind_calls
from engine.bpmn.repairs.earlier_rounds import forget_earlier_rounds
from engine.bpmn.repairs.ends import settle_ends
from engine.bpmn.repairs.errors_thrown import settle_errors
from engine.bpmn.repairs.event_subprocesses import settle_event_subprocesses
from engine.bpmn.repairs.events import settle_events
from engine.bpmn.repairs.frames import dissolve_crossed_frames
from engine.bpmn.repairs.gateways import settle_gateways
from engine.bpmn.repairs.handlers_twice import refuse_handlers_twice
from engine.bpmn.repairs.links import rewire_links
from engine.bpmn.repairs.loops import settle_loops
from engine.bpmn.repairs.merges import wait_where_said
from engine.bpmn.repairs.multiple_events import split_multiple_events
from engine.bpmn.repairs.names_alone import mark_names_alone
from engine.bpmn.repairs.outcomes_named import check_outcomes_named
from engine.bpmn.repairs.rejections_going_on import say_rejections_going_on
from engine.bpmn.repairs.returns_beside import say_what_returns_pass_by
from engine.bpmn.repairs.splits import split_implicitly
from engine.bpmn.repairs.starts import settle_starts
from engine.bpmn.repairs.starts_together import begin_together
from engine.bpmn.repairs.sub_processes import settle_sub_processes
from engine.bpmn.repairs.tasks import settle_tasks
from engine.bpmn.repairs.unreachable import leave_out_unreachable
from engine.bpmn.repairs.variables_asked import ask_missing_variables
from engine.bpmn.repairs.workbench import Repair

REPAIRS: tuple[Repair, ...] = (
    # The structure first: a map with broken arrows is not repaired further.
    dissolve_crossed_frames,
    check_arrows,
    mark_names_alone,
    settle_compensation,
    rewire_links,
    settle_sub_processes,
    settle_calls,
    begin_together,
    settle_starts,
    settle_ends,
    settle_gateways,
    split_implicitly,
    split_multiple_events,
    settle_event_subprocesses,
    leave_out_unreachable,
    wait_where_said,
    # From here on every node can be reached and has the one way out that its kind has.
    settle_tasks,
    settle_events,
    settle_errors,
    refuse_handlers_twice,
    settle_loops,
    settle_decisions,
    settle_decisions_behind_calls,
    add_boundary_buttons,
    check_approvals,
    check_outcomes_named,
    say_rejections_going_on,
    ask_missing_variables,
    check_results,
    say_unused_tables,
    ask_once,
    say_what_returns_pass_by,
    say_alarms_that_join,
    say_whose_last_answer_counts,
    # What is put in here stands between steps and decisions that those before it look at.
    forget_earlier_rounds,
)
