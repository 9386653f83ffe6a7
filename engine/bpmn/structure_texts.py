"""The words of findings about how a map hangs together: pools, arrows, where it begins and ends."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.finding_text import NOTHING_TO_DO, FindingText
from engine.errors import N_

POOLS: Mapping[str, FindingText] = {
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
    "POOLS_OUTSIDE": FindingText(N_("Outside parties, whose steps are not executed: %(pools)s."), NOTHING_TO_DO),
    "POOLS_MERGED": FindingText(
        N_("An arrow leads from “%(source)s” to “%(target)s” in another pool; both pools are executed as one process."),
        N_("Draw lanes inside one pool instead of several pools."),
    ),
    "NOT_EXECUTABLE_FLAG": FindingText(
        N_("The process is marked as not executable; it is executed all the same."), NOTHING_TO_DO
    ),
    "TOO_MANY_NODES": FindingText(
        N_("The map has more than %(limit)s elements."), N_("Divide it into several maps that call each other.")
    ),
    "ENGINE_REFUSED": FindingText(
        N_("The execution core does not accept the map: %(problem)s."),
        N_("This is our mistake, not yours. Send the file to the administrator."),
    ),
}

ARROWS: Mapping[str, FindingText] = {
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
        N_("The arrow does not name its end, but “%(step)s” names the arrow; they were connected."), NOTHING_TO_DO
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
    "OTHER_ARROW_FOLLOWED": FindingText(
        N_("From “%(source)s” to “%(target)s” leads a message or a dotted line; it was followed like an arrow."),
        N_("Check that this is meant, and draw an arrow in your tool."),
    ),
    "ARROW_DOUBLED": FindingText(
        N_("Two arrows lead from “%(source)s” to “%(target)s” and say the same; they were taken for one."),
        NOTHING_TO_DO,
    ),
    "ARROW_THROUGH_DATA": FindingText(
        N_("The arrow leads from “%(source)s” through a document to “%(target)s”; it was followed to there."),
        NOTHING_TO_DO,
    ),
    "ARROW_TO_DATA": FindingText(
        N_("The arrow leads to a document or comes from one, where no step stands; it was left out."),
        N_("Nothing to do, unless a step is missing there."),
    ),
    "ARROW_TO_POOL": FindingText(
        N_("The arrow leads to an outside party or comes from one, where no step stands; it was left out."),
        N_("Draw a message to the pool, and in the map the step that sends or receives it."),
    ),
    "FRAME_CROSSED": FindingText(
        N_("An arrow crosses the border of “%(frame)s”: it was taken for a frame around a stage, not for a step."),
        N_("Check that this is meant; otherwise let the arrow lead to the sub-process, or take the step out of it."),
    ),
    "BORDER_BY_DRAWING": FindingText(
        N_("The event does not say on which step it sits; it is drawn on the border of “%(step)s” and was put there."),
        N_("Check that this is meant, and drag the event onto the border in your tool."),
    ),
    "BORDER_EVENT_MOVED": FindingText(
        N_("The event stands on another level than “%(step)s”, on whose border it is; it was taken to that level."),
        NOTHING_TO_DO,
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
        N_("Several arrows leave without a gateway: the deal takes all of them at once (%(targets)s)."),
        N_("If only one of them is meant, draw an exclusive gateway."),
    ),
    "CONDITIONAL_FLOW": FindingText(
        N_(
            "Arrows with conditions leave without a gateway (%(targets)s): the deal takes each one whose condition "
            "holds."
        ),
        N_("If only one of them is meant, draw an exclusive gateway."),
    ),
    "CONDITIONAL_FLOW_ENDS": FindingText(
        N_("The only arrow out has a condition: a deal for which it does not hold ends here without “%(target)s”."),
        N_("Draw where such a deal goes on, as the default arrow, or lead it to an end that says how it ends."),
    ),
    "LINK_AMBIGUOUS": FindingText(
        N_("The link “%(link)s” arrives at %(count)s places: which of them is meant cannot be known."),
        N_("Give each arriving link a name of its own, and the leaving ones the name of that to which they lead."),
    ),
    "LINK_REWIRED": FindingText(N_("The link “%(link)s” was replaced by an arrow."), NOTHING_TO_DO),
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

_CHECK_THE_SPLIT = N_(
    "Check the split before this join: an exclusive split must be joined by an exclusive gateway. Lead a return out of "
    "one parallel branch back to before they split, not into another branch, and what follows an event on a border to "
    "an end of its own."
)

STARTS_AND_ENDS: Mapping[str, FindingText] = {
    "NAME_TOO_LONG": FindingText(
        N_("“%(name)s” is too long for a stage or an event that deals wait for: %(limit)s characters are the most."),
        N_("Write a shorter name, and the rest into the description of the element."),
    ),
    "NOBODY_ASKED": FindingText(
        N_("The map has no step and no approval: nobody is asked anything while a deal goes through it."),
        N_("Draw what people do as tasks. If the map is to work by itself, nothing has to be done."),
    ),
    "NO_ENTRY": FindingText(
        N_("There is no start, and every step has an arrow into it: it is not clear where to begin."),
        N_("Draw a start event with an arrow to the first step."),
    ),
    "IMPLICIT_START": FindingText(N_("There is no start event; the deal begins with: %(steps)s."), NOTHING_TO_DO),
    "SEVERAL_ENTRIES": FindingText(
        N_("There is no start event, and several steps have no arrow into them: all begin at once (%(steps)s)."),
        N_("If only one of them is first, draw a start event with an arrow to it."),
    ),
    "STARTS_TOGETHER": FindingText(
        N_("Several starts (%(starts)s) meet here, where all are awaited: a deal begins with all of them at once."),
        N_("Check that this is meant; otherwise let the paths meet without a gateway that waits."),
    ),
    "SEVERAL_STARTS": FindingText(
        N_("There are several starts (%(starts)s): whoever opens the deal is asked which one."),
        N_("If the deal always begins in one way, leave only that start."),
    ),
    "START_TRIGGER": FindingText(N_("The map begins with an event; opening a deal begins it as well."), NOTHING_TO_DO),
    "FLOW_INTO_START": FindingText(
        N_("An arrow leads back into the start; the deal goes on from there."),
        N_("Let the arrow lead to the first step."),
    ),
    "IMPLICIT_END": FindingText(N_("Nothing follows: the path ends here."), NOTHING_TO_DO),
    "FLOW_OUT_OF_END": FindingText(
        N_("An arrow leaves the end event; the deal goes on along it."),
        N_("If the deal ends here, delete the arrow; else make the end an intermediate event."),
    ),
    "DEADLOCK": FindingText(
        N_("The deal waits here for ever: no token can come along %(branches)s."),
        _CHECK_THE_SPLIT,
    ),
    "MAY_DEADLOCK": FindingText(
        N_("On some paths the deal waits here for ever: along %(branches)s nothing comes."),
        _CHECK_THE_SPLIT,
    ),
    "NEVER_ENDS": FindingText(
        N_("No path leads to an end: the deal would go round for ever. There is no way out of: %(steps)s."),
        N_("Draw a way out of the loop to an end event."),
    ),
    "MAY_NEVER_END": FindingText(
        N_("On some paths the deal can no longer come to an end. There is no way out of: %(steps)s."),
        N_("Draw a way out of every loop."),
    ),
    "LOOP_ENDLESS": FindingText(
        N_("These steps follow each other for ever, without anybody acting: %(steps)s."),
        N_("Draw a decision that leads out of the loop, or a step for a person inside it."),
    ),
    "LOOP_WITHOUT_WAIT": FindingText(
        N_("Nobody acts in this loop and no timer waits in it: %(steps)s. It may spin until it is stopped."),
        N_("Put a step for a person or a timer into the loop."),
    ),
    "WAITS_FOR_ALL": FindingText(
        N_(
            "Branches that run side by side come together here, and an approval follows: the deal waits here for those "
            "that are under way, and goes on once for them together."
        ),
        N_(
            "Nothing to do. Where every branch comes in any case, you can draw a diamond with a plus (parallel "
            "gateway) before it; behind an event that may not happen, that would wait for ever."
        ),
    ),
    "RUNS_TWICE": FindingText(
        N_("Branches that run side by side come together here and do not wait: this runs once for each of them."),
        N_("If it should run once, draw a diamond with a plus (parallel gateway) before it, to wait for all branches."),
    ),
    "RUNS_BEFORE_APPROVAL": FindingText(
        N_(
            "Branches that run side by side come together here and do not wait: this runs once for each of them, so "
            "maybe before everybody has answered (%(steps)s)."
        ),
        N_("Draw a diamond with a plus (parallel gateway) before it, to wait for all branches."),
    ),
}
