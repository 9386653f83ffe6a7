"""Make the data of one release: ``make snapshot RELEASE=<tag or commit>`` runs this on that release's program.

Arguments: the version's name and the file to write.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import select
from support.migrated import build_schema
from support.office import Office
from upgrades.kept_company import read_rows, save
from upgrades.waiting_deals import Ending, arrange, finish

from engine.db.schema import current_revision
from engine.db.session import Database
from engine.model.deal import Deal


def main(version: str, file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/company.sqlite"
        build_schema(url)
        database = Database(url)
        office = Office(database)
        arrange(office)
        revision, at = current_revision(database), office.clock.now()
        with database.engine.connect() as connection:
            rows = read_rows(connection)
        with database.read() as session:
            titles = list(session.scalars(select(Deal.title).order_by(Deal.id)))
        for title in titles:
            finish(office, title)
        endings = {title: asdict(Ending.of(office, title)) for title in titles}
        database.dispose()
    content = {"version": version, "revision": revision, "at": at.isoformat(), "rows": rows, "endings": endings}
    save(file, content)
    for title in titles:
        print(f"{title}: {endings[title]['result']}, {sum(endings[title]['completed'].values())} steps")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
