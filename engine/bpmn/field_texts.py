"""The words of findings about forms and their fields."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.finding_text import NOTHING_TO_DO, FindingText
from engine.errors import N_

_WRITE_EXPRESSION = N_("Write it as an expression over the form's fields, for example: = discount > 5.")

FIELDS: Mapping[str, FindingText] = {
    "FORM_NOT_FOUND": FindingText(
        N_("The step names the form “%(form)s”, which is not in the upload: it asks for none of its fields."),
        N_("Drop the form's file together with the map, or put the fields into the step."),
    ),
    "FORM_EMPTY": FindingText(
        N_("Nothing in the form “%(form)s” can be asked."),
        N_("Export the form again, or put the fields into the step."),
    ),
    "FORM_TOO_LONG": FindingText(
        N_("The form has more than %(limit)s parts; the rest is left out."),
        N_("Divide the form among several steps."),
    ),
    "START_FORM_LEFT_OUT": FindingText(
        N_("The start asks for fields, and a deal is opened without them: %(fields)s."),
        N_("Put the fields into the first step."),
    ),
    "FIELD_WITHOUT_NAME": FindingText(
        N_("The field “%(field)s” has no name under which its value could be kept: it is left out."),
        N_("Give the field a name (a key, an id)."),
    ),
    "FIELD_TWICE": FindingText(
        N_("The form has two fields named “%(field)s”; only the first is asked."), N_("Give each its own name.")
    ),
    "FIELD_TYPE_UNKNOWN": FindingText(
        N_("The type “%(type)s” of the field “%(field)s” is not known: a line of text is asked."),
        N_(
            "Use one of these: text, long_text, number, money, percent, date, moment, yes_no, choice, many, person, "
            "client, phone, email, lines, read_only, calculated."
        ),
    ),
    "FIELD_LEFT_OUT": FindingText(
        N_("“%(field)s” (%(type)s) cannot be a part of a step's form: it is left out."),
        N_("Ask for it by a field of another type, or leave it out of the form."),
    ),
    "FIELD_RENAMED": FindingText(
        N_("The value of “%(field)s” is kept under the name “%(name)s”: forms have one level."), NOTHING_TO_DO
    ),
    "FIELD_CHOICES_MISSING": FindingText(
        N_("The choices of the field “%(field)s” do not stand in the form: any text is accepted."),
        N_("Write the choices into the form."),
    ),
    "FIELD_RULE_IGNORED": FindingText(
        N_("A rule of the field “%(field)s” is not applied: %(rule)s."),
        N_("Use limits, a pattern, or a condition under which the field is shown."),
    ),
    "FIELD_LIMIT_NOT_UNDERSTOOD": FindingText(
        N_("The limit “%(text)s” of the field “%(field)s” cannot be read, and is not applied."),
        N_("Write a number, a date, or a count of characters, as the field's type needs."),
    ),
    "FIELD_PATTERN_REFUSED": FindingText(
        N_("The pattern of the field “%(field)s” is not applied: %(text)s. It is wrong, or a text could stall it."),
        N_("Write a simpler pattern, without repeated brackets, references and look-around."),
    ),
    "FIELD_DEFAULT_NOT_UNDERSTOOD": FindingText(
        N_("The default “%(text)s” of the field “%(field)s” cannot be read: the field begins empty."),
        N_("Write a value of the field's type, or an expression behind “=”."),
    ),
    "FIELD_CONDITION_NOT_UNDERSTOOD": FindingText(
        N_("The condition under which the field “%(field)s” is shown cannot be read: %(text)s. It is always shown."),
        _WRITE_EXPRESSION,
    ),
    "FIELD_FORMULA_NOT_UNDERSTOOD": FindingText(
        N_("The field “%(field)s” cannot be calculated by “%(text)s”."),
        N_("Write it as an expression over the form's fields, for example: = sum(goods.sum)."),
    ),
    "FIELD_CIRCLE": FindingText(
        N_("The fields read each other in a circle: %(fields)s."),
        N_("Let one of them read only fields that people fill in."),
    ),
    "TABLE_TOO_WIDE": FindingText(
        N_("The table “%(field)s” has more than %(limit)s columns; the rest is left out."),
        N_("Leave out columns, or divide the table."),
    ),
}
