"""The words of findings about decision tables and the tasks that use them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.finding_text import NOTHING_TO_DO, FindingText
from engine.errors import N_

DECISIONS_USED: Mapping[str, FindingText] = {
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
        N_("The task names no decision; the one of its name is made: “%(decision)s”."), NOTHING_TO_DO
    ),
    "DECISION_UNUSED": FindingText(
        N_("No step of the map is decided by this table."),
        N_("Call the step that it decides exactly as the table, or name its id there. Otherwise leave the table out."),
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

TABLE_FILES: Mapping[str, FindingText] = {
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

TABLES: Mapping[str, FindingText] = {
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
    "DMN_VALUE_UNREADABLE": FindingText(
        N_("Rule %(rule)s, column “%(column)s”: “%(value)s” is no date, time, duration or number."),
        N_('Write for example date("2026-03-31"), time("18:00:00"), duration("P2D") or number("1.5").'),
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
