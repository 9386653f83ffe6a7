"""A downloaded file has its own name, whatever letters it is in, and the answer can be sent by any server."""

from __future__ import annotations

import pytest
from werkzeug.http import parse_options_header

from webui.attachments import attachment


@pytest.mark.parametrize("name", ["sale.bpmn", "Продаж «B2B».bpmn", 'a"b\\c?.xml', "п\r\nX-Own: 1.bpmn"])
def test_the_name_survives_in_a_header_of_ascii(name: str) -> None:
    response = attachment(b"<a/>", "application/xml", name)
    header = response.headers["Content-Disposition"]
    assert header.isascii()
    assert header.isprintable()
    kind, options = parse_options_header(header)
    assert (kind, options["filename"]) == ("attachment", name)
