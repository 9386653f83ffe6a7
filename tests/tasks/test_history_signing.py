from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.office import Office
from support.post_office import PostOffice

import tasks.history_signing
from engine.commands import history_signing
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistorySignature
from engine.policy.checkpoints import checkpoint_of
from engine.queries.history_proof import HistoryProof, signed_faults
from tasks.history_signing import checkpoint_history, sign_history
from tasks.jobs import sweep
from tasks.services import Services, use


@pytest.fixture
def installed(services: Services, tmp_path: Path) -> Services:
    settings = replace(
        services.settings,
        keys=tmp_path / "keys",
        checkpoints=tmp_path / "checkpoints",
        auditor_mail="auditor@example.com",
    )
    given = replace(services, settings=settings)
    use(given)
    return given


def proof_of(office: Office) -> HistoryProof:
    proof = HistoryProof()
    with office.database.read() as session:
        assert list(signed_faults(session, proof)) == []
    return proof


@pytest.mark.parametrize(("read", "written"), [(2_000, 200), (3, 2), (4, 1)])
def test_everything_recorded_is_signed_once_in_one_order(
    installed: Services, office: Office, monkeypatch: pytest.MonkeyPatch, read: int, written: int
) -> None:
    monkeypatch.setattr(tasks.history_signing, "AT_ONCE", read)
    monkeypatch.setattr(history_signing, "AT_ONCE", read)
    monkeypatch.setattr(history_signing, "_WRITTEN_AT_ONCE", written)
    office.open_deal()
    sign_history()
    sign_history()
    office.prepare()
    office.open_deal(title="Друга")
    sign_history()
    with office.database.read() as session:
        recorded = session.scalars(select(func.count()).select_from(HistoryEvent)).one()
        positions = list(session.scalars(select(HistorySignature.position).order_by(HistorySignature.position)))
    assert positions == list(range(1, recorded + 1))
    assert (proof_of(office).signed, proof_of(office).waiting) == (recorded, 0)


def test_the_checkpoint_of_the_day_is_a_file_and_a_letter(
    installed: Services, office: Office, post_office: PostOffice
) -> None:
    office.open_deal()
    checkpoint_history()
    checkpoint_history()
    sweep()
    (file,) = installed.settings.checkpoints.iterdir()
    kept = checkpoint_of(file.read_bytes())
    assert kept.size == proof_of(office).signed
    (letter,) = post_office.letters
    assert letter["To"] == "auditor@example.com"
    assert kept.root in letter.get_content()
    office.clock.advance(timedelta(days=1))
    office.open_deal(title="Завтра")
    checkpoint_history()
    sweep()
    assert len(post_office.letters) == len(list(installed.settings.checkpoints.iterdir())) == 2
    assert proof_of(office).checkpoints == 2


def test_without_its_key_nothing_is_signed_and_the_log_says_so(
    installed: Services, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.open_deal()
    sign_history()
    for file in installed.settings.keys.iterdir():
        file.unlink()
    office.open_deal(title="Друга")
    sign_history()
    assert "The history is not being signed" in caplog.text
    assert proof_of(office).waiting > 0
