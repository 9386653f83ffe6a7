"""How the erasing and the handing out of personal data are told."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import N_
from webui.i18n import _
from webui.tellings.words import Data, Telling

_WHOSE: Mapping[str, str] = {
    "contact": N_("Texts about a contact erased from entries %(entries)s; basis: %(basis)s"),
    "client": N_("Texts about the client erased from entries %(entries)s; basis: %(basis)s"),
    "person": N_("Contact data of an employee who has left erased from entries %(entries)s; basis: %(basis)s"),
    "file": N_("The name of a file erased from entries %(entries)s; basis: %(basis)s"),
    "entry": N_("What was written in entry %(entries)s was erased; basis: %(basis)s"),
}


def _texts_erased(data: Data) -> str:
    if not data["entries"]:
        return _("Texts of a person erased from the deal’s fields; basis: %(basis)s", basis=data["basis"])
    entries = ", ".join(f"№ {one}" for one in data["entries"])
    return _(_WHOSE.get(data["of"], _WHOSE["entry"]), entries=entries, basis=data["basis"])


def _file_erased(data: Data) -> str:
    return _("File erased; versions: %(count)s; basis: %(basis)s", count=len(data["versions"]), basis=data["basis"])


def _person_erased(data: Data) -> str:
    if data["of"] == "client":
        return _("Client erased with all contacts; basis: %(basis)s", basis=data["basis"])
    return _("Contact erased; basis: %(basis)s", basis=data["basis"])


TELLINGS: Mapping[str, Telling] = {
    "texts_erased": Telling("trash", "neutral", _texts_erased),
    "file_erased": Telling("trash", "neutral", _file_erased),
    "employee_erased": Telling(
        "trash",
        "neutral",
        lambda data: _("Own data of an employee who has left erased; basis: %(basis)s", basis=data["basis"]),
    ),
    "client_data_taken": Telling(
        "download",
        "neutral",
        lambda data: _("All that is held about client № %(number)s was taken out as a file", number=data["client_id"]),
    ),
    "person_erased": Telling("trash", "neutral", _person_erased),
}
