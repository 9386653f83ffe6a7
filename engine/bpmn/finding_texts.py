"""The words of every finding: what is wrong (or was done), and the remedy. English templates, translated at the edge.

Named places such as ``%(step)s`` are filled from the finding's ``params``. The element's own name and line stand in
the finding itself and are shown beside the message, so messages do not repeat them.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.field_texts import FIELDS
from engine.bpmn.file_texts import ARCHIVE, FILE
from engine.bpmn.finding_text import NOTHING_TO_DO, FindingText
from engine.bpmn.structure_texts import ARROWS, POOLS, STARTS_AND_ENDS
from engine.bpmn.table_texts import DECISIONS_USED, TABLE_FILES, TABLES
from engine.errors import N_

_DECISIONS: Mapping[str, FindingText] = {
    "WAY_ASKED": FindingText(
        N_("The decision behind this step has no conditions: whoever completes the step chooses (%(ways)s)."),
        NOTHING_TO_DO,
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
        NOTHING_TO_DO,
    ),
    "CALLED_APPROVALS_FOLLOWED": FindingText(
        N_(
            "Decided by the approvals in “%(called)s” (%(steps)s): approved where all of them approved, returned or "
            "rejected where the called map ended with that. Otherwise a step asks “which way?” (%(ways)s)."
        ),
        N_("Say that a person decides here if the arrows are about anything else."),
    ),
    "APPROVAL_IGNORED": FindingText(
        N_("Nothing behind this approval distinguishes a rejection or a return: it would be treated as approved."),
        N_("Draw a decision behind it with arrows “Approved”, “Rework” and “Rejected”."),
    ),
    "DECISION_ASKS_SOMETHING_ELSE": FindingText(
        N_(
            "This does not seem to ask whether it was approved (%(steps)s), so “Yes” and “No” are not taken for the "
            "answer of the approval: a person is asked."
        ),
        N_(
            "If it does ask for the approval, write “Approved” and “Rejected” on the arrows. If not, say under "
            "Questions who or what decides, and draw a decision on the approval before it."
        ),
    ),
    "APPROVAL_PARTLY_IGNORED": FindingText(
        N_("On some paths to an end, nothing distinguishes a rejection or a return here from an approval."),
        N_("Let every path behind the approval pass a decision with arrows “Approved”, “Rework” and “Rejected”."),
    ),
    "APPROVALS_MAY_BE_SKIPPED": FindingText(
        N_("A deal may come here with none of these approvals asked for (%(steps)s): it stops with an incident then."),
        N_("Lead the way around the approvals past this decision too, to where “Approved” leads."),
    ),
    "ALARM_JOINS_APPROVALS": FindingText(
        N_(
            "This interrupts nothing, and what follows it joins the way of the deal: the deal may go on by it while "
            "%(steps)s is still open, and what follows runs twice."
        ),
        N_("Draw the event as interrupting, or let what follows it end by itself."),
    ),
    "REJECTION_GOES_ON": FindingText(
        N_("A rejection or a return ends only “%(part)s”: behind it, “%(step)s” is done as after an approval."),
        N_("Draw a decision behind it, or let the rejection end with an error that is caught on its border."),
    ),
    "OUTCOME_OF_ANOTHER_STEP": FindingText(
        N_("“%(text)s” would be the answer to another step: an element of another map has the id of “%(step)s”, too."),
        N_("Give the step another id than “%(id)s” in your drawing tool, and name that one in the expression."),
    ),
    "APPROVAL_ASKED_TWICE": FindingText(
        N_(
            "Two branches of a deal can come here at the same time: %(steps)s would be asked for twice at once, and "
            "one answer could hide the other."
        ),
        N_(
            "Let the branches meet before in a diamond with a plus (parallel gateway): that waits for all of them. "
            "What follows an event on a border that can happen several times, lead to an end of its own."
        ),
    ),
    "PART_RUNS_BESIDE_ITSELF": FindingText(
        N_(
            "A deal can come here while this part still runs: it runs twice side by side then, and each run asks for "
            "%(steps)s by itself."
        ),
        N_(
            "Let the way that leads here go back to before the branches part, or let the branches meet before in a "
            "diamond with a plus (parallel gateway)."
        ),
    ),
    "LAST_ANSWER_COUNTS": FindingText(
        N_(
            "This can happen several times in a deal, and each time is asked for: %(steps)s. The decision "
            "“%(decision)s” outside goes by the last answer alone: an earlier rejection is lost."
        ),
        N_(
            "Draw a decision on the approval inside, and end a rejection there by an error that an event on the border "
            "of the sub-process around catches; or let the event interrupt."
        ),
    ),
    "RETURN_LEADS_AROUND": FindingText(
        N_(
            "The arrow back leads to “%(place)s”, in a branch beside: from there a deal can come to its end without "
            "being asked for again: %(steps)s."
        ),
        N_("Let the arrow back lead to before the branches part, or to a step of its own branch."),
    ),
    "RETURN_TAKES_BACK": FindingText(
        N_(
            "From here the deal can go back to “%(place)s” while steps behind that are still open. They are taken back "
            "then, and open anew when the deal comes to them again: %(steps)s."
        ),
        N_("Nothing to do. To wait for the other answers instead, draw the decision behind where the branches meet."),
    ),
    "APPROVAL_BY_ALL": FindingText(
        N_("The approval is drawn several times over without a count: all members of the responsible group approve."),
        N_("Set the property “approval” to any, all or a number if something else is meant."),
    ),
    "FACT_UNKNOWN": FindingText(
        N_("“%(name)s” is read here, and nothing in the map gives it: unless it comes with the deal, it is empty."),
        N_("Correct the name, perhaps to “%(near)s”, or add a field of that name to a step."),
    ),
    "VALUE_CHANGED_BEHIND": FindingText(
        N_(
            "“%(values)s” gets another value here, and “%(decision)s” may have decided by it already: a deal that has "
            "passed by without “%(approvals)s” is not led there any more."
        ),
        N_(
            "Show the value here for reading only, or draw the decision behind this step, or another one that asks for "
            "the approval when the value has changed."
        ),
    ),
    "CONDITION_READ_TOO_EARLY": FindingText(
        N_(
            "“%(text)s” is looked at here, but “%(values)s” is first given behind this, at “%(steps)s”: a deal stops "
            "here with an incident, unless the value came with it when it was opened."
        ),
        N_(
            "Ask for the value in a step before this one, or say what holds while it is empty, for example "
            "“%(empty)s or …”."
        ),
    ),
    "MESSAGE_FOR_ANY_RUN": FindingText(
        N_(
            "Several runs of “%(part)s” wait for “%(event)s” at once, and nothing says which of them is meant: the "
            "first that began to wait gets it."
        ),
        N_(
            "If it matters, give the message a correlation by what its run is about (reglament:correlation with the "
            "name and the value “%(by)s”; in Camunda 8 the correlation key “=%(by)s”), and let who sends it say the "
            "same."
        ),
    ),
    "EVENT_MAY_BE_MISSED": FindingText(
        N_(
            "“%(event)s” is thrown in this map, and may be thrown before the deal comes here to wait for it: then it "
            "has passed, and the deal waits on."
        ),
        N_(
            "Begin to wait before it can be thrown, as on an arrow straight from the split, or let a timer or a step "
            "lead on as well, behind an event gateway."
        ),
    ),
    "VALUE_UNREADABLE": FindingText(
        N_("“%(value)s” in “%(text)s” is no date, time, duration or number: every deal that comes here stops."),
        N_('Write for example date("2026-03-31"), time("18:00:00"), duration("P2D") or number("1.5").'),
    ),
    "CONDITION_NEVER_HOLDS": FindingText(
        N_(
            "“%(text)s” can never be true: it compares or calculates with values of different kinds, such as a number "
            "and a text. It reads: %(values)s."
        ),
        N_("Compare numbers with numbers, and texts with texts in quotation marks, or change the type of the field."),
    ),
    "OUTCOME_UNKNOWN": FindingText(
        N_("“%(step)s” never ends with “%(outcome)s”, as compared here; it may end with: %(outcomes)s."),
        N_("Write one of its outcomes into the condition."),
    ),
    "IMPLICIT_DEFAULT": FindingText(
        N_("The arrow without a condition is taken when no other condition holds: %(target)s."), NOTHING_TO_DO
    ),
    "NO_DEFAULT": FindingText(
        N_("No arrow is the default: when no condition holds, the deal stops with an incident."),
        N_("Mark one arrow as the default flow."),
    ),
    "CONDITION_NOT_UNDERSTOOD": FindingText(
        N_("The condition cannot be evaluated: %(text)s. A person is asked instead."),
        N_("Write it as a comparison, for example: deal.amount > 100000."),
    ),
    "CONDITION_ASKED": FindingText(
        N_("“%(text)s” looks like a rule, but cannot be read as one and is not applied: a person chooses the way."),
        N_(
            'Write a comparison of a field or a value of the deal, such as deal.amount > 100000 and risk = "high": '
            "with a decimal point, no spaces inside numbers, and “and”, “or”, “not” for the words between."
        ),
    ),
    "DEFAULT_NEVER_TAKEN": FindingText(
        N_("The default arrow is never taken: the arrow without a condition beside it always is (%(always)s)."),
        N_("Write a condition on the other arrow, or take the default mark from this one if both are to be taken."),
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
    "CONDITION_SEEN_LATE": FindingText(
        N_(
            "“%(text)s” reads %(facts)s: a change of that alone wakes no deal. The condition is looked at when a step "
            "of the deal completes or the deal itself is edited."
        ),
        N_("Draw a timer for a time; for the client, let whoever changes it send a message, or complete a step."),
    ),
    "EVENT_GATEWAY_AMBIGUOUS": FindingText(
        N_("Several ways out of the event gateway wait for “%(event)s”: which of them it opens is not said."),
        N_("Give each way an event of its own, or draw one way, and a decision behind it."),
    ),
    "EVENT_GATEWAY_REPEATS": FindingText(
        N_("It is drawn to run several times, behind a gateway where the first event decides: it runs once."),
        N_("Let a single event stand behind the gateway, and what is repeated behind that event."),
    ),
    "EVENT_STARTS_ITSELF": FindingText(
        N_(
            "What the event sub-process does when “%(event)s” happens makes it happen again, with nobody asked in "
            "between: it would start itself for ever, and the deal stops with an incident."
        ),
        N_("Put a step for a person in between, make its start interrupting, or give the thrown event another name."),
    ),
    "EVENT_AS_GATEWAY": FindingText(
        N_("The event before several events is executed as an event gateway: the first one decides."), NOTHING_TO_DO
    ),
    "EVENT_GATEWAY_ALL": FindingText(
        N_("The event gateway is a parallel one: every event behind it is awaited."), NOTHING_TO_DO
    ),
    "EVENT_GATEWAY_SINGLE": FindingText(N_("Only one event follows the event gateway."), NOTHING_TO_DO),
    "EVENT_GATEWAY_ASKS": FindingText(
        N_("“%(step)s” behind the event gateway is no event of its own: a person chooses which way to go."),
        N_("Let the event gateway lead to intermediate events, each with one arrow into it."),
    ),
    "EVENT_GATEWAY_STEP": FindingText(
        N_("A step waits for whatever happens first; people say so by a button, timers by themselves."), NOTHING_TO_DO
    ),
    "HAPPENED_BY_PERSON": FindingText(
        N_("A person says when this has happened."),
        N_("Name the message that comes from outside, if another system should say it."),
    ),
    "MESSAGE_OR_PERSON": FindingText(
        N_("A person says when this has happened, or it comes by itself: %(message)s."), NOTHING_TO_DO
    ),
    "MESSAGE_SENT_BY_PERSON": FindingText(
        N_("The message “%(message)s” is sent by a person, who confirms it."),
        N_("Name the responsible who sends it; other systems learn of the step by webhook."),
    ),
    "MESSAGE_FROM_OUTSIDE": FindingText(
        N_("The event waits for the message “%(message)s” from another system or from the deal's page."), NOTHING_TO_DO
    ),
    "BOUNDARY_BUTTON": FindingText(N_("The event becomes one more button of the step “%(step)s”."), NOTHING_TO_DO),
    "MULTIPLE_EVENT": FindingText(
        N_("The event has several triggers; used: %(used)s."), N_("Draw one event for each trigger.")
    ),
    "THROW_UNKNOWN": FindingText(
        N_("An event of this kind (%(kind)s) throws nothing here; the deal passes it."), N_("Delete the event.")
    ),
    "TIMER_NOT_UNDERSTOOD": FindingText(
        N_("It is not clear how long the timer waits: “%(text)s”. A person says when the time has come."),
        N_("Write the time as the timer's value or name, for example: 2 days, 3 working days, PT4H."),
    ),
    "TIMER_FIXED_DATE": FindingText(
        N_("The timer waits until one date for all deals, “%(text)s”; a deal that comes later goes on at once."),
        N_("Write how long it waits, or count from a date of the deal: =deal.close_date - 3 business days."),
    ),
    "TIMER_TOO_FAR": FindingText(
        N_("The timer waits longer than five years (“%(text)s”): every deal would stop here."),
        N_("Write a shorter time."),
    ),
    "TIMER_TOO_FAST": FindingText(
        N_("The timer repeats faster than once a minute (“%(text)s”): every deal would stop here."),
        N_("Write a longer interval, for example R/PT1H."),
    ),
    "LOOP_COUNT_IMPOSSIBLE": FindingText(
        N_("The step is drawn to run %(count)s times; from 1 to %(limit)s is possible."),
        N_("Write another number, or the list whose items the step runs for."),
    ),
    "LOOP_RUNS_NEVER": FindingText(
        N_("The step is drawn to run 0 times: every deal passes it by."), N_("Write how often it has to run.")
    ),
    "LOOP_LIST_MISTAKEN": FindingText(
        N_("The step runs once for each item of “%(text)s”, and that is never a list: every deal would stop here."),
        N_("Name a field with several values. To say how often it runs, write the number as its count."),
    ),
    "LOOP_NUMBER_MISTAKEN": FindingText(
        N_("“%(text)s” says how often the step runs, and is never a number: every deal would stop here."),
        N_("Name a field for a number. To let it run for the items of a list, write the list as its collection."),
    ),
    "TIMER_FROM_LABEL": FindingText(
        N_("The timer's time was read from its name: “%(text)s”."), N_("Check that this is meant.")
    ),
    "CYCLE_FIRES_ONCE": FindingText(
        N_("The repeating timer “%(text)s” fires once here, because its event ends the waiting."), NOTHING_TO_DO
    ),
    "CORRELATION_NOT_UNDERSTOOD": FindingText(
        N_("The message is not matched by “%(text)s”: that cannot be evaluated."),
        N_("Write the name of a field, for example: deal.number."),
    ),
    "ERROR_NOT_CAUGHT": FindingText(
        N_("Nothing handles the error “%(error)s”: it ends the whole process."),
        N_("Draw an error event on the border of the sub-process, if the deal should go on."),
    ),
    "HANDLED_TWICE": FindingText(
        N_("“%(first)s” handles “%(event)s” at the same place: this event would never happen."),
        N_("Delete one of the two, or give one of them another code."),
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
        NOTHING_TO_DO,
    ),
    "CANCEL_OUT_OF_PLACE": FindingText(
        N_("A cancel event ends a transaction that runs once from right inside it, and leaves by one on its border."),
        N_("Draw a transaction with both and without a repetition, or use error events."),
    ),
    "PARALLEL_MULTIPLE": FindingText(
        N_("Several triggers that must all come cannot be awaited here."),
        N_("Draw an event for each trigger behind a parallel gateway."),
    ),
    "SIGNAL_FROM_OUTSIDE": FindingText(
        N_("The event waits for the signal “%(signal)s” from another deal."), NOTHING_TO_DO
    ),
    "EVENT_SUBPROCESS_EMPTY": FindingText(
        N_("The event sub-process is empty; it is left out."), N_("Draw its steps, or delete it.")
    ),
}

_COMPLEX: Mapping[str, FindingText] = {
    "COMPLEX_BY_CONDITIONS": FindingText(
        N_("The ways out of the complex gateway are gone by their conditions, as out of an inclusive one."),
        NOTHING_TO_DO,
    ),
    "COMPLEX_JOINS_BY_RULE": FindingText(
        N_("The deal goes on here once when “%(text)s” holds; later branches only come to an end here."), NOTHING_TO_DO
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
        N_("A program would do this step, but the map names none that runs here: a person confirms that it is done."),
        N_("Nothing to do if a person does it. Otherwise draw a call of your program, or let it report over the API."),
    ),
    "TOPIC_NOT_SERVED": FindingText(
        N_("The task names the topic “%(topic)s”, under which programs of another engine would fetch it."),
        N_("If a program of yours fetches it here over the HTTP API, write “connector = job” on the step or the map."),
    ),
    "CONNECTOR_UNKNOWN": FindingText(
        N_("“%(connector)s” is no connector."),
        N_("Write job, http, mail, fields, map or document, or leave the property out: a person then does the step."),
    ),
    "CONNECTOR_LACKS": FindingText(
        N_("The connector “%(connector)s” needs the property “%(key)s”."), N_("Add the property to the step.")
    ),
    "CONNECTOR_VALUE": FindingText(
        N_("The property “%(key)s” of the connector “%(connector)s” cannot be read: “%(text)s”."),
        N_("Correct the property; the how-to for process owners has an example of each."),
    ),
    "CONNECTOR_ADDRESS": FindingText(
        N_("The address “%(text)s” of the connector “%(connector)s” does not say which host is called."),
        N_("Write it from “https://” with the host written out; {{ values }} may stand behind the first slash."),
    ),
    "CONNECTOR_HOST_NOT_ALLOWED": FindingText(
        N_("Maps may not call %(host)s yet."),
        N_("Ask the administrator to allow the host in Settings → Connectors."),
    ),
    "CONNECTOR_SECRET_UNKNOWN": FindingText(
        N_("There is no secret “%(secret)s” for %(host)s."),
        N_("Ask the administrator to add it in Settings → Connectors, or correct the name."),
    ),
    "CONNECTOR_SECRET_MISPLACED": FindingText(
        N_("The secret “%(secret)s” would be written where people read it: “%(connector)s” takes none."),
        N_("Take the secret out; only http sends one, to its own host."),
    ),
    "CONNECTOR_MAP_UNKNOWN": FindingText(
        N_("The step opens a deal on the map “%(map)s”, and no such map is published."),
        N_("Publish that map before the first deal comes to this step, or correct its key."),
    ),
    "DOCUMENT_TEMPLATE_MISSING": FindingText(
        N_("The step makes a document from the template “%(template)s”, and no file of that name came with the map."),
        N_("Upload the template together with the map, all files at once or in a .zip, or correct its name."),
    ),
    "DOCUMENT_TEMPLATE_UNREADABLE": FindingText(
        N_("The template “%(template)s” cannot be read as a DOCX, ODT or HTML file."),
        N_("Save it anew as .docx, .odt or .html (UTF-8) and upload it with the map."),
    ),
    "DOCUMENT_TEMPLATE_UNSAFE": FindingText(
        N_("The template “%(template)s” holds what no template needs: macros, scripts, entities, or too much of all."),
        N_("Save it anew without macros and scripts; large pictures smaller."),
    ),
    "DOCUMENT_PLACE": FindingText(
        N_("In the template “%(template)s” this place cannot be filled in: “%(text)s”."),
        N_("Write an expression such as {{ client.name }}, in the text: not in a tag, a style or a script."),
    ),
    "CONNECTOR_ON_PERSON": FindingText(
        N_("The connector “%(connector)s” stands on a step for a person and is not used."),
        N_("Draw the step as a service task, or leave the connector out."),
    ),
    "CONNECTOR_DEADLINE": FindingText(
        N_("The deadline “%(text)s” stands on a step that a program does: nobody can be reminded of it."),
        N_("Draw a timer on the border of the step, and behind it what has to happen then."),
    ),
    "SCRIPT_NOT_RUN": FindingText(
        N_("The script is not run: only lines “name = expression” are."),
        N_("Rewrite it as assignments, or leave it to a person."),
    ),
    "CALL_BY_NAME": FindingText(
        N_("The step does not name a map by its id; it calls “%(called)s”, which has its name."), NOTHING_TO_DO
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
    "LOOP_MAXIMUM_ASKED": FindingText(
        N_("The upper limit of %(maximum)s runs is not counted: a person says after each one whether once more."),
        N_("Answer how often it runs, or write a condition beside the limit: then the limit counts."),
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
        NOTHING_TO_DO,
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
    "NOTE_BY_DRAWING": FindingText(
        N_("The note “%(text)s” hangs on no step; it lies beside “%(step)s” and was read for that."),
        N_("Check that this is meant, and tie the note to the step in your tool."),
    ),
    "NOTE_UNTIED": FindingText(
        N_("The note “%(text)s” hangs on no step and lies beside no single one; it was not read."),
        N_("Tie the note to the step that it is about."),
    ),
    "VENDOR_LEFT_OUT": FindingText(
        N_("What another engine would do with this has no effect here: %(what)s."),
        N_("Nothing to do, unless you rely on it: then say it by a deadline, an escalation or a step."),
    ),
    "VALUES_LEFT_OUT": FindingText(
        N_(
            "The program that this map was drawn for works these values out here, and here they are not: %(values)s. "
            "Whatever reads them takes the value that the deal has, or none."
        ),
        N_("Let the step ask for the value, or work it out in a script task: name = expression."),
    ),
    "STAGE_MISSING": FindingText(
        N_("The step belongs to no stage."),
        N_("Answer the question about it, set the property “stage”, or draw a group with its name around the steps."),
    ),
    "DEADLINE_MISSING": FindingText(
        N_("The step has no deadline."),
        N_(
            "Answer the question about it, or set the property “deadline”, for example: "
            "2 business days or 4 business hours."
        ),
    ),
    "DEADLINE_NOT_UNDERSTOOD": FindingText(
        N_("The deadline “%(text)s” cannot be read."),
        N_("Write for example: 3 working days, 4 working hours, P2D, by 18:00."),
    ),
    "DEADLINE_OF_ANOTHER_ENGINE": FindingText(
        N_("The due date was written for another engine and cannot be evaluated: %(text)s."),
        N_("Set the property “deadline”, for example: 2 business days or 4 business hours."),
    ),
    "DEADLINE_FROM_TIMER": FindingText(
        N_("The deadline was taken from the timer on the border: “%(timer)s”."), NOTHING_TO_DO
    ),
    "ESCALATION_NOT_UNDERSTOOD": FindingText(
        N_("The escalation “%(text)s” cannot be read."),
        N_("Write for example: remind 4 working hours before; head at due; reassign to head 1 working day after."),
    ),
    "RESPONSIBLE_MISSING": FindingText(
        N_("Nobody is responsible for the step."),
        N_("Answer the question about it, set the property “responsible”, or draw the step in a department's lane."),
    ),
    "RESPONSIBLE_NOT_UNDERSTOOD": FindingText(
        N_("Who is responsible cannot be evaluated: %(text)s."), N_("Name a department or a person.")
    ),
    "DISTRIBUTION_UNKNOWN": FindingText(
        N_("“%(text)s” is no way to give out the steps of a department; the department's own setting counts."),
        N_("Write: whoever takes it, least loaded, in turn, deal owner, or who knows the client."),
    ),
    "FREEDOM_UNKNOWN": FindingText(
        N_("“%(text)s” is no degree of freedom; strict is taken."), N_("Write strict, advised or free.")
    ),
    "APPROVED_CONTENT_UNKNOWN": FindingText(
        N_("The approval names “%(name)s”, which no step fills in and which is no file."),
        N_("Name a field of the map, deal.amount, client.name, “files”, or a file such as “contract*.pdf”."),
    ),
    "REAUTHENTICATION_UNKNOWN": FindingText(
        N_("“%(text)s” is no way to prove who decides; the password is asked for."),
        N_("Write password, or code for the password and a code of the authenticator application."),
    ),
    "PROPERTY_CONFLICT": FindingText(
        N_("“%(property)s” is said twice: “%(used)s” (%(used_from)s) counts, “%(other)s” (%(other_from)s) does not."),
        N_("Leave only one of the two."),
    ),
    "PROPERTY_UNUSED": FindingText(
        N_("“%(property)s” is said here (“%(text)s”), where it has no effect."),
        N_("Say it on the step that a person does; an approval is a step of its own, drawn as a task."),
    ),
    "APPROVAL_FROM_LINE": FindingText(
        N_("The step is an approval, because its description or a note says who approves: “%(text)s”."),
        N_("If it is none, write approval = no in its properties, or word the line as a sentence."),
    ),
    "APPROVAL_LINE_UNCLEAR": FindingText(
        N_("“%(text)s” may ask for an approval or only tell what to do; it is taken as a text for people."),
        N_("If somebody has to approve here, write only who: “Approval: legal”. If not, word it as a sentence."),
    ),
    "REQUIRED_NO_FIELD": FindingText(
        N_("“required” says “%(text)s”, but the step has no fields."),
        N_("List the fields that people have to fill in: discount, delivery date."),
    ),
    "YES_OR_NO_UNKNOWN": FindingText(
        N_("“%(property)s” says “%(text)s”, which is neither yes nor no; the stricter of the two is taken."),
        N_("Write yes or no."),
    ),
    "RESULT_UNKNOWN": FindingText(
        N_("“%(text)s” is no result of a deal: whether it is won or lost is read from the name of the end event."),
        N_("Write won or lost."),
    ),
    "PROPERTY_OVERRULED": FindingText(
        N_("%(property)s: your “%(used)s” counts, and no longer “%(other)s”, as the map was drawn (%(other_from)s)."),
        NOTHING_TO_DO,
    ),
}

_PUBLISHING: Mapping[str, FindingText] = {
    "RULE_TEST_FAILED": FindingText(
        N_("The rule “%(rule)s” is broken: %(problem)s “%(step)s”. The deal went: %(happened)s."),
        N_("Mend the map, or, if the map is right, change the rule or remove it on the page of the map."),
    ),
    "RESPONSIBLE_UNKNOWN": FindingText(
        N_("There is no department and no person “%(responsible)s”."),
        N_("Add the department, or name one that exists in the step's property “responsible” or in its lane."),
    ),
    "RESPONSIBLE_ARCHIVED": FindingText(
        N_("The department “%(responsible)s” is archived: it is given no steps."),
        N_("Name another one, or let an administrator take it into use again under People, Departments."),
    ),
    "ESCALATION_UNKNOWN": FindingText(
        N_("The escalation names “%(name)s”, and there is no such department and no such person."),
        N_("Name one that exists; until then the head of the department is told, and reminders go to the step's own."),
    ),
    "CLIENT_FIELD_UNKNOWN": FindingText(
        N_("The clients of your company have no field “%(field)s”: only this map knows it."),
        N_("Add it in Settings, Own fields, or take it into use again; or name a field that there is."),
    ),
    "STEP_READ_OTHERWISE": FindingText(
        N_("This step is read otherwise now than it was when the map was uploaded."),
        N_("Upload the file of this map again, look at the step and at what is found, and publish that first."),
    ),
    "DISTRIBUTION_UNUSED": FindingText(
        N_("The map says how a department gives out this step, and it is not one department's to give."),
        N_("Name a department as the responsible, or empty “distribution”."),
    ),
    "APPROVAL_OUT_OF_REACH": FindingText(
        N_("The approval needs %(needed)s people, but the department has %(members)s."),
        N_("Add people to the department, or ask for fewer approvals."),
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
        NOTHING_TO_DO,
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
    **FILE,
    **ARCHIVE,
    **POOLS,
    **ARROWS,
    **STARTS_AND_ENDS,
    **_DECISIONS,
    **_EVENTS,
    **_COMPLEX,
    **_ACTIVITIES,
    **_STEPS,
    **FIELDS,
    **_PUBLISHING,
    **DECISIONS_USED,
    **TABLE_FILES,
    **TABLES,
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
