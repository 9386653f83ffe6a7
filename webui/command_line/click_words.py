"""What click says of our commands by itself: named here, so that the catalogue holds it, where click looks it up."""

from __future__ import annotations

from engine.errors import N_


def ngettext(one: str, several: str) -> tuple[str, str]:
    """Names a sentence that depends on a number, under the name by which such are collected."""
    return one, several


SAID_BY_CLICK = (
    N_("Usage:"),
    N_("Options"),
    N_("Show this message and exit."),
    N_("Try '{command} {option}' for help."),
    N_("Error: {message}"),
    N_("Missing command."),
    N_("Missing option"),
    N_("Missing argument"),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    N_("Option {name!r} does not take a value."),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Choose from:\n\t{choices}"),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} is not readable."),
    N_("file"),
    N_("path"),
    N_("required"),
    N_("Aborted!"),
    N_("Error: invalid input"),
    ngettext("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ngettext("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    ngettext("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
)
