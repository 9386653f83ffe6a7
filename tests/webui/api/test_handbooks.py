from __future__ import annotations

from collections.abc import Callable

from support.api import ApiClient, problem, read
from support.handbooks import docx_text, pdf_text
from support.office import Office

from engine.commands.definitions import retire_definition

ApiOf = Callable[[str | None], ApiClient]


def test_a_handbook_is_read_as_data_and_as_files(api: ApiOf, office: Office) -> None:
    definition = office.publish()
    address = f"/definitions/{definition.id}/handbook"
    olena = api("olena")
    told = read(olena.get(address))
    assert told["subtitle"] == "Version 2, in force"
    headings = [one["text"] for one in told["blocks"] if one["kind"] == "heading" and one["level"] == 2]
    steps = [step.name for step in definition.process().steps.values()]
    assert sorted(one.partition(" ")[2] for one in headings) == sorted(steps)
    for text in (pdf_text(olena.get(f"{address}.pdf").data), docx_text(olena.get(f"{address}.docx").data)):
        assert all(step in text for step in steps)
    problem(olena.get("/definitions/999/handbook"), 404, "not_found")
    office.do("owner", retire_definition, definition.id)
    problem(olena.get(address), 404, "not_found")
    assert read(api("owner").get(address))["subtitle"] == "Version 2, no longer in force"
