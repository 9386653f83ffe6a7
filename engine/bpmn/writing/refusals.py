"""What cannot be written into a file."""

from __future__ import annotations

from engine.errors import N_, DomainError


class ElementNotInFile(DomainError):
    """An edit names an element that is not there: the file is another one than the editor had before them."""

    code = "element_not_in_map"
    template = N_("The map has no element “%(element)s” any more.")


class PropertyTooLong(DomainError):
    code = "property_too_long"
    template = N_("The text is too long: %(limit)s characters at most.")
