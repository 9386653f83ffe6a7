"""The words of every finding: what is wrong (or was done), and the remedy. English templates, translated at the edge.

Named places such as ``%(step)s`` are filled from the finding's ``params``. The element's own name and line stand in
the finding itself and are shown beside the message, so messages do not repeat them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.errors import N_


class FindingText(NamedTuple):
    message: str
    remedy: str


_NOTHING_TO_DO = N_("Nothing to do.")
_EXPORT_AGAIN = N_("Export the map from your tool again as BPMN 2.0.")

_FILE: Mapping[str, FindingText] = {
    "EMPTY_FILE": FindingText(N_("The file is empty."), N_("Choose the file again: perhaps it was not saved.")),
    "FILE_TOO_LARGE": FindingText(
        N_("The file is larger than %(limit)s MiB."),
        N_("Take pictures and attachments out of the map, or divide it into several maps that call each other."),
    ),
    "NOT_BPMN_ZIP": FindingText(
        N_("This is a packed file (such as .vsdx, .docx or a zip), not a BPMN diagram."),
        N_("Export the map as BPMN 2.0 (.bpmn), or upload a zip that holds .bpmn files."),
    ),
    "NOT_BPMN_VISIO": FindingText(
        N_("This is a Visio drawing, not BPMN."),
        N_("In Visio choose File → Export → BPMN, or draw the map anew in the editor."),
    ),
    "NOT_BPMN_DRAWIO": FindingText(
        N_("This is a draw.io drawing: it shows boxes, but does not say which of them are steps."),
        N_("Draw the map in a BPMN tool, for example in the editor here, and upload the .bpmn file."),
    ),
    "NOT_BPMN_XPDL": FindingText(
        N_("This is an XPDL file, not BPMN 2.0."), N_("Export the map from your tool as BPMN 2.0.")
    ),
    "NOT_BPMN": FindingText(
        N_("This is XML, but not BPMN 2.0: its root is “%(root)s” of the namespace “%(namespace)s”."), _EXPORT_AGAIN
    ),
    "XML_NOT_WELLFORMED": FindingText(
        N_("The file is damaged at this line: %(problem)s."),
        N_("Export the map again. If it was edited by hand, mend the line named here."),
    ),
    "XML_ENCODING": FindingText(
        N_("The text encoding “%(encoding)s” cannot be read."), N_("Save the file in UTF-8 and upload it again.")
    ),
    "XML_ENTITY": FindingText(
        N_("The file declares XML entities, which can be used for attacks and are never needed in a map."),
        N_("Remove the DOCTYPE part from the file, or export the map again."),
    ),
    "XML_DOCTYPE": FindingText(
        N_("The file has a DOCTYPE part, which can be used for attacks and is never needed in a map."),
        N_("Remove the DOCTYPE part from the file, or export the map again."),
    ),
    "XML_TOO_COMPLEX": FindingText(
        N_("The file is too complex: %(what)s is more than %(limit)s."),
        N_("Divide the map into several maps that call each other."),
    ),
    "XML_ENCODING_REPAIRED": FindingText(
        N_("The file says that it is in %(declared)s, but it is not; it was read as %(used)s."),
        N_("Check that names with special letters are right."),
    ),
    "XML_PREFIX_DECLARED": FindingText(
        N_("The prefixes %(prefixes)s were not declared in the file; their usual meaning was taken."), _NOTHING_TO_DO
    ),
    "XML_NAMESPACE_REPAIRED": FindingText(
        N_("A namespace name in the file holds spaces; it was repaired while reading."), _NOTHING_TO_DO
    ),
    "NAMESPACE_OLD": FindingText(N_("The file uses a draft of BPMN 2.0; it was read as the standard."), _NOTHING_TO_DO),
    "DEFINITIONS_WRAPPED": FindingText(
        N_("The diagram stands inside another document (“%(root)s”); it was taken out."), _NOTHING_TO_DO
    ),
    "COMPILE_FAILED": FindingText(
        N_("The map could not be read because of a mistake of ours."), N_("Send the file to the administrator.")
    ),
    "COMPILE_LIMIT": FindingText(
        N_("Reading the map took too much time or memory and was stopped."),
        N_("Divide the map into several maps that call each other, or export it again from your tool."),
    ),
}

_ARCHIVE: Mapping[str, FindingText] = {
    "ZIP_TOO_LARGE": FindingText(
        N_("The archive is larger than %(limit)s MiB."), N_("Upload only the .bpmn files, or several smaller archives.")
    ),
    "ZIP_DAMAGED": FindingText(N_("The archive is damaged."), N_("Pack the files again.")),
    "ZIP_TOO_MANY_FILES": FindingText(
        N_("The archive holds more than %(limit)s files."), N_("Upload only the .bpmn files that belong together.")
    ),
    "ZIP_UNSAFE_NAME": FindingText(
        N_("The archive holds a file with an unsafe path: “%(name)s”."), N_("Pack the files again, without folders.")
    ),
    "ZIP_LINK": FindingText(
        N_("The archive holds a link instead of a file: “%(name)s”."), N_("Pack the files themselves.")
    ),
    "ZIP_ENCRYPTED": FindingText(
        N_("The archive is protected by a password."), N_("Pack the files without a password.")
    ),
    "ZIP_NESTED": FindingText(
        N_("The archive holds another archive: “%(name)s”."), N_("Unpack it and pack the .bpmn files alone.")
    ),
    "ZIP_FOREIGN_FILE": FindingText(
        N_("The archive holds a file that is no part of a map: “%(name)s”."), N_("Pack only .bpmn and .dmn files.")
    ),
    "ZIP_DUPLICATE": FindingText(N_("The archive holds “%(name)s” twice."), N_("Pack each file once.")),
    "ZIP_BOMB": FindingText(
        N_("“%(name)s” unpacks to far more data than a map can have."), N_("Upload the .bpmn file itself.")
    ),
    "ZIP_WITHOUT_MAP": FindingText(N_("There is no .bpmn file in the archive."), N_("Pack the .bpmn file as well.")),
}

_POOLS: Mapping[str, FindingText] = {
    "PROCESS_NOT_FOUND": FindingText(
        N_("There is no process “%(key)s” in the file."), N_("Choose one of the processes that the file has.")
    ),
    "NOTHING_TO_EXECUTE": FindingText(
        N_("There is no process with steps in the file."),
        N_("Draw at least one step, or choose the file that holds the process itself."),
    ),
    "CHOREOGRAPHY": FindingText(
        N_("The diagram is a choreography: it shows messages between parties, but nobody's steps."),
        N_("Draw the process of your own side as an ordinary BPMN process."),
    ),
    "CONVERSATION": FindingText(
        N_("The diagram is a conversation: it shows who talks to whom, but no steps."),
        N_("Draw the process of your own side as an ordinary BPMN process."),
    ),
    "POOLS_CHOSEN": FindingText(
        N_("The file has several processes. Taken as the sales map: “%(chosen)s”. Outside parties: %(others)s."),
        N_("Choose another process if this is not the right one."),
    ),
    "POOLS_OUTSIDE": FindingText(N_("Outside parties, whose steps are not executed: %(pools)s."), _NOTHING_TO_DO),
    "POOLS_MERGED": FindingText(
        N_("An arrow leads from “%(source)s” to “%(target)s” in another pool; both pools are executed as one process."),
        N_("Draw lanes inside one pool instead of several pools."),
    ),
    "NOT_EXECUTABLE_FLAG": FindingText(
        N_("The process is marked as not executable; it is executed all the same."), _NOTHING_TO_DO
    ),
    "TOO_MANY_NODES": FindingText(
        N_("The map has more than %(limit)s elements."), N_("Divide it into several maps that call each other.")
    ),
    "ENGINE_REFUSED": FindingText(
        N_("The execution core does not accept the map: %(problem)s."),
        N_("This is our mistake, not yours. Send the file to the administrator."),
    ),
}

_ARROWS: Mapping[str, FindingText] = {
    "DUPLICATE_ID": FindingText(
        N_("Two elements have the same id “%(id)s”: arrows cannot tell them apart."),
        N_("Give one of them another id, or copy the element anew in your tool."),
    ),
    "DANGLING_FLOW": FindingText(
        N_("An arrow at “%(step)s” touches nothing at its other end (it names “%(reference)s”)."),
        N_("Drag the end of the arrow onto the step that it should lead to, or delete the arrow."),
    ),
    "ORPHAN_ARROW": FindingText(
        N_("An arrow touches nothing at either end; it was left out."), N_("Delete the arrow, or connect it.")
    ),
    "ARROW_SNAPPED": FindingText(
        N_("The arrow does not touch any step, but its tip is next to “%(step)s”; it was connected to that."),
        N_("Check that this is meant, and connect the arrow in your tool."),
    ),
    "ARROW_END_REPAIRED": FindingText(
        N_("The arrow does not name its end, but “%(step)s” names the arrow; they were connected."), _NOTHING_TO_DO
    ),
    "ARROW_TO_ITSELF": FindingText(
        N_("An arrow leads from “%(step)s” back to itself; it was left out."), N_("Delete the arrow.")
    ),
    "CROSS_POOL_FLOW": FindingText(
        N_("An arrow leads from “%(source)s” into another pool, to “%(target)s”."),
        N_("Draw a message between pools, or put both steps into one pool."),
    ),
    "CROSS_SUBPROCESS_FLOW": FindingText(
        N_("An arrow from “%(source)s” to “%(target)s” crosses the border of a sub-process."),
        N_("Let the arrow lead to the sub-process itself, or take the step out of it."),
    ),
    "BOUNDARY_HOST": FindingText(
        N_("The event on a border is not attached to a step of its own level (it names “%(reference)s”)."),
        N_("Drag the event onto the border of the step that it belongs to."),
    ),
    "FLOW_INTO_BOUNDARY": FindingText(
        N_("An arrow from “%(source)s” leads into an event on the border of a step."),
        N_("Let the arrow lead to the step itself."),
    ),
    "FLOW_TO_EVENT_SUBPROCESS": FindingText(
        N_("An arrow between “%(source)s” and “%(target)s” touches an event sub-process, which begins by its event."),
        N_("Delete the arrow, or make the event sub-process an ordinary one."),
    ),
    "UNREACHABLE": FindingText(
        N_("No path leads here; it is left out."), N_("Connect it with an arrow, or delete it.")
    ),
    "IMPLICIT_SPLIT": FindingText(
        N_("Several arrows leave without a gateway: all of them are gone at once (%(targets)s)."),
        N_("If only one of them is meant, draw an exclusive gateway."),
    ),
    "CONDITIONAL_FLOW": FindingText(
        N_("Arrows with conditions leave without a gateway (%(targets)s): each one whose condition holds is gone."),
        N_("If only one of them is meant, draw an exclusive gateway."),
    ),
    "LINK_REWIRED": FindingText(N_("The link “%(link)s” was replaced by an arrow."), _NOTHING_TO_DO),
    "LINK_UNMATCHED": FindingText(
        N_("The link “%(link)s” leads nowhere: no link of that name arrives at this level."),
        N_("Give the arriving link the same name, or draw an arrow instead."),
    ),
    "LINK_OFF_PAGE": FindingText(
        N_("The link “%(link)s” leads to another page, which is not in the file; the path ends here."),
        N_("Add the other page to the upload, or draw its steps here."),
    ),
    "LINK_BOUNDARY": FindingText(
        N_("A link cannot stand on the border of a step."), N_("Draw an arrow from the border event instead.")
    ),
}

_STARTS_AND_ENDS: Mapping[str, FindingText] = {
    "NO_ENTRY": FindingText(
        N_("There is no start, and every step has an arrow into it: it is not clear where to begin."),
        N_("Draw a start event with an arrow to the first step."),
    ),
    "IMPLICIT_START": FindingText(N_("There is no start event; the deal begins with: %(steps)s."), _NOTHING_TO_DO),
    "SEVERAL_ENTRIES": FindingText(
        N_("There is no start event, and several steps have no arrow into them: all begin at once (%(steps)s)."),
        N_("If only one of them is first, draw a start event with an arrow to it."),
    ),
    "SEVERAL_STARTS": FindingText(
        N_("There are several starts (%(starts)s): whoever opens the deal is asked which one."),
        N_("If the deal always begins in one way, leave only that start."),
    ),
    "START_TRIGGER": FindingText(
        N_("The start waits for an event (%(trigger)s); opening a deal starts it as well."), _NOTHING_TO_DO
    ),
    "FLOW_INTO_START": FindingText(
        N_("An arrow leads back into the start; the deal goes on from there."),
        N_("Let the arrow lead to the first step."),
    ),
    "IMPLICIT_END": FindingText(N_("Nothing follows: the path ends here."), _NOTHING_TO_DO),
    "FLOW_OUT_OF_END": FindingText(
        N_("An arrow leaves the end event; the deal goes on along it."),
        N_("If the deal ends here, delete the arrow; else make the end an intermediate event."),
    ),
    "DEADLOCK": FindingText(
        N_("The deal waits here for ever: no token can come along %(branches)s."),
        N_("Check the split before this join: an exclusive split must be joined by an exclusive gateway."),
    ),
    "MAY_DEADLOCK": FindingText(
        N_("On some paths the deal waits here for ever: along %(branches)s nothing comes."),
        N_("Check the split before this join: an exclusive split must be joined by an exclusive gateway."),
    ),
    "NEVER_ENDS": FindingText(
        N_("No path leads to an end: the deal would never finish."), N_("Draw a way out of the loop to an end event.")
    ),
    "MAY_NEVER_END": FindingText(
        N_("On some paths the deal can no longer come to an end."), N_("Draw a way out of every loop.")
    ),
    "LOOP_ENDLESS": FindingText(
        N_("These steps follow each other for ever, without anybody acting: %(steps)s."),
        N_("Draw a decision that leads out of the loop, or a step for a person inside it."),
    ),
    "LOOP_WITHOUT_WAIT": FindingText(
        N_("Nobody acts in this loop and no timer waits in it: %(steps)s. It may spin until it is stopped."),
        N_("Put a step for a person or a timer into the loop."),
    ),
    "RUNS_TWICE": FindingText(
        N_("Parallel branches come together here without a gateway: this runs once for each of them."),
        N_("Draw a parallel gateway that waits for all branches, if it should run once."),
    ),
}

_DECISIONS: Mapping[str, FindingText] = {
    "WAY_ASKED": FindingText(
        N_("The decision behind this step has no conditions: whoever completes the step chooses (%(ways)s)."),
        _NOTHING_TO_DO,
    ),
    "CHOICE_STEP_ADDED": FindingText(
        N_("The decision has no conditions, and no single step stands before it: a step asks “which way?” (%(ways)s)."),
        N_("Put a step for a person right before the decision, or write conditions on the arrows."),
    ),
    "WAYS_ASKED": FindingText(
        N_("The split has no conditions: the person before it ticks the ways to go (%(ways)s)."),
        N_("Write conditions on the arrows if the map should decide by itself."),
    ),
    "APPROVAL_ROUTED": FindingText(
        N_("Decided by the approval in: %(steps)s. A rejection wins over a return, a return over approvals."),
        _NOTHING_TO_DO,
    ),
    "APPROVAL_IGNORED": FindingText(
        N_("Nothing behind this approval distinguishes a rejection or a return: it would be treated as approved."),
        N_("Draw a decision behind it with arrows “Approved”, “Rework” and “Rejected”."),
    ),
    "APPROVAL_PARTLY_IGNORED": FindingText(
        N_("On some paths to an end, nothing distinguishes a rejection or a return here from an approval."),
        N_("Let every path behind the approval pass a decision with arrows “Approved”, “Rework” and “Rejected”."),
    ),
    "APPROVAL_BY_ALL": FindingText(
        N_("The approval is drawn several times over without a count: all members of the responsible group approve."),
        N_("Set the property “approval” to any, all or a number if something else is meant."),
    ),
    "IMPLICIT_DEFAULT": FindingText(
        N_("The arrow without a condition is taken when no other condition holds: %(target)s."), _NOTHING_TO_DO
    ),
    "NO_DEFAULT": FindingText(
        N_("No arrow is the default: when no condition holds, the deal stops with an incident."),
        N_("Mark one arrow as the default flow."),
    ),
    "CONDITION_NOT_UNDERSTOOD": FindingText(
        N_("The condition cannot be evaluated: %(text)s. A person is asked instead."),
        N_("Write it as a comparison, for example: deal.amount > 100000."),
    ),
    "CONDITION_IGNORED": FindingText(
        N_("The condition on the only arrow out of the decision is ignored: %(text)s."),
        N_("Draw the other way as well, or delete the condition."),
    ),
    "CONDITION_ON_PARALLEL": FindingText(
        N_("Arrows out of a parallel gateway have conditions: a parallel gateway ignores them."),
        N_("Use an inclusive gateway if the conditions matter."),
    ),
    "UNKNOWN_VARIABLE": FindingText(
        N_("Nothing in the map gives “%(variable)s” a value; it is asked in the step “%(step)s”."),
        N_("Add a field of that name to an earlier step, or use a value of the deal, such as deal.amount."),
    ),
    "UNKNOWN_VARIABLE_NEAR": FindingText(
        N_("Nothing in the map gives “%(variable)s” a value. Is “%(proposal)s” meant? It is asked in “%(step)s”."),
        N_("Write “%(proposal)s” in the condition, or add a field “%(variable)s” to an earlier step."),
    ),
    "UNKNOWN_VARIABLE_UNASKED": FindingText(
        N_("Nothing in the map gives “%(variable)s” a value, which “%(text)s” needs here."),
        N_("Add a field of that name to an earlier step, or use a value of the deal, such as deal.amount."),
    ),
    "CONDITION_NEVER_KNOWN": FindingText(
        N_("Nothing in the map gives %(variables)s a value, so “%(text)s” would wait for ever. A person is asked."),
        N_("Add a field of that name to a step, or use a value of the deal, such as deal.amount."),
    ),
}

_EVENTS: Mapping[str, FindingText] = {
    "EVENT_AS_GATEWAY": FindingText(
        N_("The event before several events is executed as an event gateway: the first one decides."), _NOTHING_TO_DO
    ),
    "EVENT_GATEWAY_ALL": FindingText(
        N_("The event gateway is a parallel one: every event behind it is awaited."), _NOTHING_TO_DO
    ),
    "EVENT_GATEWAY_SINGLE": FindingText(N_("Only one event follows the event gateway."), _NOTHING_TO_DO),
    "EVENT_GATEWAY_ASKS": FindingText(
        N_("“%(step)s” behind the event gateway is no event of its own: a person chooses which way to go."),
        N_("Let the event gateway lead to intermediate events, each with one arrow into it."),
    ),
    "EVENT_GATEWAY_STEP": FindingText(
        N_("A step waits for whatever happens first; people say so by a button, timers by themselves."), _NOTHING_TO_DO
    ),
    "HAPPENED_BY_PERSON": FindingText(
        N_("A person says when this has happened."),
        N_("Name the message that comes from outside, if another system should say it."),
    ),
    "MESSAGE_OR_PERSON": FindingText(
        N_("A person says when this has happened, or it comes by itself: %(message)s."), _NOTHING_TO_DO
    ),
    "MESSAGE_SENT_BY_PERSON": FindingText(
        N_("The message “%(message)s” is sent by a person, who confirms it."),
        N_("Name the responsible who sends it; other systems learn of the step by webhook."),
    ),
    "MESSAGE_FROM_OUTSIDE": FindingText(
        N_("The event waits for the message “%(message)s” from another system or from the deal's page."), _NOTHING_TO_DO
    ),
    "BOUNDARY_BUTTON": FindingText(N_("The event becomes one more button of the step “%(step)s”."), _NOTHING_TO_DO),
    "MULTIPLE_EVENT": FindingText(
        N_("The event has several triggers; used: %(used)s."), N_("Draw one event for each trigger.")
    ),
    "THROW_UNKNOWN": FindingText(
        N_("An event of this kind (%(kind)s) throws nothing here; the deal passes it."), N_("Delete the event.")
    ),
    "TIMER_NOT_UNDERSTOOD": FindingText(
        N_("It is not clear how long the timer waits: “%(text)s”. A person says when the time has come."),
        N_("Write the time as the timer's value or name, for example: 2 days, 3 р.д., PT4H."),
    ),
    "TIMER_FROM_LABEL": FindingText(
        N_("The timer's time was read from its name: “%(text)s”."), N_("Check that this is meant.")
    ),
    "CYCLE_FIRES_ONCE": FindingText(
        N_("The repeating timer “%(text)s” fires once here, because its event ends the waiting."), _NOTHING_TO_DO
    ),
    "CORRELATION_NOT_UNDERSTOOD": FindingText(
        N_("The message is not matched by “%(text)s”: that cannot be evaluated."),
        N_("Write the name of a field, for example: deal.number."),
    ),
    "ERROR_NOT_CAUGHT": FindingText(
        N_("Nothing handles the error “%(error)s”: it ends the whole process."),
        N_("Draw an error event on the border of the sub-process, if the deal should go on."),
    ),
    "ERROR_NEVER_THROWN": FindingText(
        N_("Nothing inside throws the error “%(error)s”: this event never happens."),
        N_("Draw an error end event inside, or delete this event."),
    ),
    "COMPENSATION_LEFT_OUT": FindingText(
        N_("This handler undoes work, but nothing calls it; it is left out."),
        N_("Throw a compensation where the work is to be undone, or draw the steps as ordinary ones."),
    ),
    "EVENT_SUBPROCESS_START": FindingText(
        N_("The event sub-process does not begin with exactly one event that can be waited for."),
        N_("Give it one start event with a timer, a message, a signal, an error, an escalation or a condition."),
    ),
    "ERROR_INTERRUPTS": FindingText(
        N_("An error always interrupts, though the start event is drawn as one that does not."),
        N_("Draw the start event interrupting, or use an escalation."),
    ),
    "COMPENSATION_HANDLER": FindingText(
        N_("This compensation event does not lead to one step of its own that undoes the work, without arrows."),
        N_("Lead an association, not an arrow, to one step with the marker of compensation, and let nothing end it."),
    ),
    "COMPENSATION_TARGET": FindingText(
        N_("The compensation undoes “%(activity)s”, which is no step beside this event."),
        N_("Name a step of the same process or sub-process, or none to undo everything in it."),
    ),
    "COMPENSATION_OF_NOTHING": FindingText(
        N_("Nothing that this compensation undoes has a step that undoes it; the deal passes the event."),
        N_("Draw compensation events on the borders of the steps to undo, each with the step that undoes it."),
    ),
    "COMPENSATION_WAITS": FindingText(
        N_("The deal goes on here only when everything is undone, though the event is drawn as not waiting for it."),
        _NOTHING_TO_DO,
    ),
    "CANCEL_OUT_OF_PLACE": FindingText(
        N_("A cancel event ends a transaction from right inside it, and leaves it by a cancel event on its border."),
        N_("Draw a transaction with both, or use error events."),
    ),
    "PARALLEL_MULTIPLE": FindingText(
        N_("Several triggers that must all come cannot be awaited here."),
        N_("Draw an event for each trigger behind a parallel gateway."),
    ),
    "SIGNAL_FROM_OUTSIDE": FindingText(
        N_("The event waits for the signal “%(signal)s” from another deal."), _NOTHING_TO_DO
    ),
    "EVENT_SUBPROCESS_EMPTY": FindingText(
        N_("The event sub-process is empty; it is left out."), N_("Draw its steps, or delete it.")
    ),
}

_COMPLEX: Mapping[str, FindingText] = {
    "COMPLEX_BY_CONDITIONS": FindingText(
        N_("The ways out of the complex gateway are gone by their conditions, as out of an inclusive one."),
        _NOTHING_TO_DO,
    ),
    "COMPLEX_JOINS_BY_RULE": FindingText(
        N_("The deal goes on here once when “%(text)s” holds; later branches only come to an end here."), _NOTHING_TO_DO
    ),
    "COMPLEX_RULE": FindingText(
        N_("A complex gateway joins several branches by a rule that is missing or cannot be evaluated: %(text)s."),
        N_("Write its activation condition over activationCount, for example: activationCount >= 2."),
    ),
    "COMPLEX_RESET": FindingText(
        N_("A way out of the complex gateway asks for waitingForStart, which cannot be executed."),
        N_("Draw what follows the late branches on arrows of its own."),
    ),
}

_ACTIVITIES: Mapping[str, FindingText] = {
    "AUTOMATED_STAND_IN": FindingText(
        N_("This automated task (%(kind)s) has nothing that we can run: a person confirms that it is done."),
        N_("Name the responsible who confirms it; another system may do so over the HTTP API."),
    ),
    "SCRIPT_NOT_RUN": FindingText(
        N_("The script is not run: only lines “name = expression” are."),
        N_("Rewrite it as assignments, or leave it to a person."),
    ),
    "CALL_UNRESOLVED": FindingText(
        N_("The called map “%(called)s” is not here, or calls this one back: a person confirms that it is done."),
        N_("Upload the called map together with this one, or publish it first."),
    ),
    "EMPTY_SUB_PROCESS": FindingText(
        N_("The sub-process is empty: a person confirms that it is done."),
        N_("Draw its steps, or make it a user task."),
    ),
    "LOOP_ASKED": FindingText(
        N_("It is not clear how often this runs (“%(text)s”): after each time a person says whether once more."),
        N_("Write a number or the name of a list, or draw the loop with a decision."),
    ),
    "LOOP_OUTPUT_NOT_UNDERSTOOD": FindingText(
        N_("What each run adds to the list “%(list)s” cannot be evaluated: %(text)s. The list is not filled."),
        N_("Write the names of a list and of a field that each run fills in."),
    ),
    "LOOP_THROWS": FindingText(
        N_("The runs of this activity throw events of their own when they complete, which cannot be executed."),
        N_("Draw the event behind a step inside a sub-process that runs several times."),
    ),
    "TOKEN_QUANTITY": FindingText(
        N_("The step begins or ends with several tokens at once, which cannot be executed."),
        N_("Draw a parallel gateway before or behind it, and leave its start and completion quantity at 1."),
    ),
    "LOOP_COUNTER": FindingText(
        N_("“loopCounter” counts the runs from 1, as BPMN does; some engines count from 0."),
        N_("Check the expression: %(text)s."),
    ),
    "AD_HOC_CHOSEN": FindingText(
        N_("A person chooses which step of the ad-hoc sub-process to begin next, as often as needed: %(steps)s."),
        _NOTHING_TO_DO,
    ),
    "AD_HOC_ENDED_BY_PERSON": FindingText(
        N_("When the ad-hoc sub-process is over cannot be evaluated (“%(text)s”): a person says so."),
        N_("Write it as a comparison, for example: offers >= 3."),
    ),
    "AD_HOC_SHARED": FindingText(
        N_("Arrows from several first steps of the ad-hoc sub-process lead to “%(step)s”: it belongs to none of them."),
        N_("Let each step that can be chosen lead to steps of its own."),
    ),
    "COMPLETION_NOT_UNDERSTOOD": FindingText(
        N_("The condition for ending early cannot be evaluated: %(text)s. All runs are awaited."),
        N_("Write it as a comparison."),
    ),
}

_STEPS: Mapping[str, FindingText] = {
    "STAGE_MISSING": FindingText(
        N_("The step belongs to no stage."),
        N_("Answer the question about it, set the property “stage”, or draw a group with its name around the steps."),
    ),
    "DEADLINE_MISSING": FindingText(
        N_("The step has no deadline."),
        N_("Answer the question about it, or set the property “deadline”, for example: 2 р.д. or 4 business hours."),
    ),
    "DEADLINE_NOT_UNDERSTOOD": FindingText(
        N_("The deadline “%(text)s” cannot be read."), N_("Write for example: 3 р.д., 4 роб. год, P2D, до 18:00.")
    ),
    "DEADLINE_OF_ANOTHER_ENGINE": FindingText(
        N_("The due date was written for another engine and cannot be evaluated: %(text)s."),
        N_("Set the property “deadline”, for example: 2 р.д. or 4 business hours."),
    ),
    "DEADLINE_FROM_TIMER": FindingText(
        N_("The deadline was taken from the timer on the border: “%(timer)s”."), _NOTHING_TO_DO
    ),
    "ESCALATION_NOT_UNDERSTOOD": FindingText(
        N_("The escalation “%(text)s” cannot be read."),
        N_("Write for example: remind 4 роб. год before; head at due; reassign to head 1 р.д. after."),
    ),
    "RESPONSIBLE_MISSING": FindingText(
        N_("Nobody is responsible for the step."),
        N_("Answer the question about it, set the property “responsible”, or draw the step in a department's lane."),
    ),
    "RESPONSIBLE_NOT_UNDERSTOOD": FindingText(
        N_("Who is responsible cannot be evaluated: %(text)s."), N_("Name a department or a person.")
    ),
    "FREEDOM_UNKNOWN": FindingText(
        N_("“%(text)s” is no degree of freedom; strict is taken."), N_("Write strict, advised or free.")
    ),
    "PROPERTY_CONFLICT": FindingText(
        N_("“%(property)s” is said twice: “%(used)s” (%(used_from)s) counts, “%(other)s” (%(other_from)s) does not."),
        N_("Leave only one of the two."),
    ),
}

_PUBLISHING: Mapping[str, FindingText] = {
    "RESPONSIBLE_UNKNOWN": FindingText(
        N_("There is no department and no person “%(responsible)s”."),
        N_("Add the department, or name one that exists in the step's property “responsible” or in its lane."),
    ),
    "APPROVAL_OUT_OF_REACH": FindingText(
        N_("The approval needs %(needed)s people, but the department has %(members)s."),
        N_("Add people to the department, or ask for fewer approvals."),
    ),
}

_DECISIONS_USED: Mapping[str, FindingText] = {
    "DECISION_MISSING": FindingText(
        N_("The decision “%(decision)s” is not in the upload: a person confirms that it is made."),
        N_("Drop the .dmn file that holds it together with the map."),
    ),
    "DECISION_DYNAMIC": FindingText(
        N_("Which decision is made is named only while a deal runs (%(decision)s): a person confirms that it is made."),
        N_("Name one decision by its id."),
    ),
    "DECISION_AMBIGUOUS": FindingText(
        N_("Several files have a decision “%(decision)s” (%(files)s); that of the first is made."),
        N_("Leave only one of them in the upload."),
    ),
    "DECISION_BY_NAME": FindingText(
        N_("The task names no decision; the one of its name is made: “%(decision)s”."), _NOTHING_TO_DO
    ),
    "DECISION_UNUSED": FindingText(
        N_("No business rule task of the map makes this decision."),
        N_("Name its id on the task that should make it, or leave the file out."),
    ),
    "DECISION_MAPPING_NOT_UNDERSTOOD": FindingText(
        N_("What the decision gets or gives back cannot be evaluated: “%(name)s”."),
        N_("Write it as an expression that reads variables, for example: ${deal.amount}."),
    ),
    "DECISION_SEVERAL_OUTPUTS": FindingText(
        N_("The task takes one value, but the decision “%(decision)s” gives several: %(outputs)s."),
        N_("Choose “singleResult” or “resultList” as the mapping of the result."),
    ),
    "DECISION_RESULT_NAME": FindingText(
        N_("The result of the decision cannot be kept under the name “%(name)s”."),
        N_("Choose a name of letters, digits and “_” that is none of deal, client, owner, today and now."),
    ),
    "DECISION_GIVES_OUTCOME": FindingText(
        N_("The decision would give “%(name)s”, which only completing the step “%(step)s” may decide."),
        N_("Give the output of the table another name."),
    ),
}

_TABLE_FILES: Mapping[str, FindingText] = {
    "NOT_DMN": FindingText(
        N_("This is XML, but no DMN: its root is “%(root)s”."), N_("Export the decision from your tool again as DMN.")
    ),
    "DMN_WITHOUT_MAP": FindingText(
        N_("This file holds decisions (DMN), but no map that makes them."),
        N_("Drop it together with the .bpmn file of the map."),
    ),
    "DMN_TOO_LARGE": FindingText(
        N_("There are too many %(what)s: %(limit)s is the most."), N_("Divide the decision into smaller ones.")
    ),
    "DMN_LOGIC_UNSUPPORTED": FindingText(
        N_("The decision is no decision table and no expression, but “%(construct)s”, which cannot be executed."),
        N_("Write it as a decision table or as one expression."),
    ),
    "DMN_KNOWLEDGE_UNSUPPORTED": FindingText(
        N_("The decision calls functions of its own (business knowledge: %(knowledge)s), which cannot be executed."),
        N_("Make the function a decision of its own that this one needs."),
    ),
    "DMN_REQUIREMENT_MISSING": FindingText(
        N_("The decision needs another one that is not in the upload: “%(required)s”."),
        N_("Drop the file that holds it together with this one."),
    ),
    "DMN_REQUIREMENT_UNUSABLE": FindingText(
        N_("The decision needs “%(required)s”, which cannot be executed."), N_("Mend that decision first.")
    ),
    "DMN_CIRCLE": FindingText(
        N_("The decisions need each other in a circle: %(decisions)s."),
        N_("Take out the arrow that closes the circle."),
    ),
}

_TABLES: Mapping[str, FindingText] = {
    "DMN_HIT_POLICY_UNKNOWN": FindingText(
        N_("“%(policy)s” is no hit policy."),
        N_("Choose UNIQUE, ANY, PRIORITY, FIRST, COLLECT, RULE ORDER or OUTPUT ORDER."),
    ),
    "DMN_AGGREGATOR_UNKNOWN": FindingText(
        N_("“%(aggregator)s” is no way to collect results."), N_("Choose SUM, MIN, MAX or COUNT.")
    ),
    "DMN_AGGREGATION_OF_SEVERAL": FindingText(
        N_("%(aggregator)s needs a table with exactly one output column."),
        N_("Make a table of each output, or collect without %(aggregator)s."),
    ),
    "DMN_PRIORITY_WITHOUT_VALUES": FindingText(
        N_("The hit policy %(policy)s needs the output's allowed values, from the most to the least important."),
        N_('List the allowed values of an output column, for example: "high", "medium", "low".'),
    ),
    "DMN_DEFAULT_OF_SEVERAL": FindingText(
        N_("A default output has a meaning only where a table gives one result, not under %(policy)s."),
        N_("Take the default output out, or choose another hit policy."),
    ),
    "DMN_WITHOUT_OUTPUT": FindingText(N_("The table has no output column."), N_("Add an output column.")),
    "DMN_OUTPUT_UNNAMED": FindingText(
        N_("The output column “%(column)s” has no name of its own."),
        N_("Give each output column a different name: under it the map reads the result."),
    ),
    "DMN_INPUT_EMPTY": FindingText(
        N_("The column “%(column)s” does not say what it looks at."),
        N_("Write its expression, for example: deal.amount."),
    ),
    "DMN_INPUT_NOT_UNDERSTOOD": FindingText(
        N_("Column “%(column)s”: “%(text)s” cannot be read, from “%(part)s” on."),
        N_("Write the name of a variable, for example deal.amount, or an expression in FEEL."),
    ),
    "DMN_ALLOWED_NOT_UNDERSTOOD": FindingText(
        N_("Column “%(column)s”: the allowed values “%(text)s” cannot be read, from “%(part)s” on."),
        N_('List them with commas, texts in quotation marks, for example: "a", "b".'),
    ),
    "DMN_DEFAULT_NOT_UNDERSTOOD": FindingText(
        N_("Column “%(column)s”: the default “%(text)s” cannot be read, from “%(part)s” on."),
        N_("Write a value, texts in quotation marks."),
    ),
    "DMN_EXPRESSION_NOT_UNDERSTOOD": FindingText(
        N_("The expression “%(text)s” cannot be read, from “%(part)s” on."), N_("Write an expression in FEEL.")
    ),
    "DMN_RULE_CELLS": FindingText(
        N_("Rule %(rule)s has not as many cells as the table has columns."),
        N_("Export the table from your tool again as DMN."),
    ),
    "DMN_CELL_NOT_UNDERSTOOD": FindingText(
        N_("Rule %(rule)s, column “%(column)s”: “%(text)s” cannot be read, from “%(part)s” on."),
        N_('Write in FEEL, for example: "a", "b" · < 5 · [1..3] · not("a") · ? > 1 and ? < 5.'),
    ),
    "DMN_CELL_AMBIGUOUS": FindingText(
        N_("Rule %(rule)s, column “%(column)s”: in a yes/no column “%(text)s” may be a condition or a value."),
        N_("Write ? = (…) to compare with the value, or move the condition into a column of its own."),
    ),
    "DMN_CELL_NOT_ALLOWED": FindingText(
        N_("Rule %(rule)s, column “%(column)s”: “%(text)s” is none of the column's allowed values."),
        N_("Correct the value, or add it to the allowed ones."),
    ),
    "DMN_CELL_NEVER_MATCHES": FindingText(
        N_("Rule %(rule)s never matches: no value of the column “%(column)s” fits “%(text)s”."),
        N_("Correct the cell: texts in quotation marks, numbers without, the smaller end of a range first."),
    ),
    "DMN_MOMENT_WITHOUT_ZONE": FindingText(
        N_("Rule %(rule)s, column “%(column)s”: “%(text)s” has no time zone, so no moment of a deal compares with it."),
        N_('Add the zone, for example: date and time("2026-01-31T10:00:00+02:00").'),
    ),
    "DMN_OUTPUT_OF_ANOTHER_KIND": FindingText(
        N_("Rule %(rule)s, column “%(column)s”: “%(text)s” is not of the column's type."),
        N_("Correct the value or the type: texts in quotation marks, numbers without."),
    ),
    "DMN_OUTPUT_NOT_ALLOWED": FindingText(
        N_("Rule %(rule)s, column “%(column)s”: “%(text)s” is none of the output's allowed values."),
        N_("Correct the value, or add it to the allowed ones."),
    ),
    "DMN_RULES_OVERLAP": FindingText(
        N_("Rules %(one)s and %(other)s can both match (%(example)s): then the deal stops with an incident."),
        N_("Change one of the rules, or choose the hit policy FIRST."),
    ),
    "DMN_RULES_DISAGREE": FindingText(
        N_("Rules %(one)s and %(other)s can both match (%(example)s) and give different results."),
        N_("Let both give the same, or choose the hit policy FIRST."),
    ),
    "DMN_RULE_UNREACHABLE": FindingText(
        N_("Rule %(rule)s never counts: whatever it matches, rule %(earlier)s matches before."),
        N_("Move it up, or delete it."),
    ),
    "DMN_NAME_WITHOUT_VALUE": FindingText(
        N_("Rule %(rule)s, column “%(column)s”: nothing in the map gives “%(name)s” a value. Is the text meant?"),
        N_("Put a text into quotation marks, or add a field “%(name)s” to an earlier step."),
    ),
}

# Said by versions before this one: maps that were read by them still show these.
_EARLIER: Mapping[str, FindingText] = {
    "COMPENSATION": FindingText(
        N_("Compensation (undoing completed work) cannot be executed faithfully."),
        N_("Draw the steps that undo the work as ordinary steps."),
    ),
    "EVENT_SUBPROCESS_REDRAWN": FindingText(
        N_("The event sub-process is executed as an event on the border of everything beside it (“%(event)s”)."),
        _NOTHING_TO_DO,
    ),
    "EVENT_SUBPROCESS_OUTLIVES": FindingText(
        N_("A terminate end beside this event sub-process does not withdraw it while it runs."),
        N_("Make its start event interrupting, or end it itself."),
    ),
    "AD_HOC_EACH_ONCE": FindingText(
        N_("The steps of the ad-hoc sub-process are offered all at once, each one once."),
        N_("Draw an order with arrows if there is one."),
    ),
    "AD_HOC_SEQUENTIAL": FindingText(
        N_("An ad-hoc sub-process with one step at a time cannot be executed faithfully."),
        N_("Draw the order with arrows, or allow the steps in parallel."),
    ),
    "TRANSACTION_CANCEL": FindingText(
        N_("Cancelling the transaction “%(transaction)s” would undo completed work, which cannot be executed."),
        N_("Draw an error event instead, and the steps that undo the work."),
    ),
    "LOOP_MAXIMUM": FindingText(
        N_("The loop's upper limit of %(maximum)s is not counted; only its condition ends it."),
        N_("Draw the loop with a decision if the limit matters."),
    ),
    "COMPLEX_JOIN": FindingText(
        N_("A complex gateway joins several branches by a rule of its own, which cannot be executed."),
        N_("Draw a parallel gateway (waits for all) or an exclusive one (each passes)."),
    ),
    "COMPLEX_SPLIT": FindingText(
        N_("The complex gateway is executed as an inclusive one."), N_("Draw an inclusive gateway.")
    ),
}

_TEXTS: Mapping[str, FindingText] = {
    **_FILE,
    **_ARCHIVE,
    **_POOLS,
    **_ARROWS,
    **_STARTS_AND_ENDS,
    **_DECISIONS,
    **_EVENTS,
    **_COMPLEX,
    **_ACTIVITIES,
    **_STEPS,
    **_PUBLISHING,
    **_DECISIONS_USED,
    **_TABLE_FILES,
    **_TABLES,
    **_EARLIER,
}


def known_codes() -> frozenset[str]:
    return frozenset(_TEXTS)


def earlier_codes() -> frozenset[str]:
    """Codes that this version does not say any more."""
    return frozenset(_EARLIER)


def message_template(code: str) -> str:
    """What is wrong, or what was done. Raises KeyError for a code that no finding has."""
    return _TEXTS[code].message


def remedy_template(code: str) -> str:
    """What the owner can do about it. Raises KeyError for a code that no finding has."""
    return _TEXTS[code].remedy
