from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import cast
from zipfile import ZipFile
from zoneinfo import ZoneInfo

from webui.archives import Packed, zip_file

AT = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Europe/Kyiv"))


def test_an_archive_is_made_while_it_is_read() -> None:
    read: list[str] = []

    def content(name: str) -> Iterator[bytes]:
        for number in range(3):
            read.append(f"{name}{number}")
            yield bytes([number]) * 100_000

    files = [Packed("one", content("one")), Packed("теки/два", content("two"))]
    answer = zip_file("a.zip", files, at=AT)
    assert "Content-Length" not in answer.headers  # a browser would take no more than it says
    pieces = iter(cast("Iterator[bytes]", answer.response))
    first = next(pieces)
    assert read == ["one0"]
    with ZipFile(io.BytesIO(b"".join([first, *pieces]))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["one", "теки/два"]
        assert archive.read("теки/два") == b"".join(bytes([number]) * 100_000 for number in range(3))
        assert archive.infolist()[0].date_time == (2026, 3, 2, 10, 0, 0)
