"""The private keys that sign the history, as files."""

from __future__ import annotations

import os
from errno import EINVAL, EIO
from pathlib import Path

import pytest

from engine.adapters.history_keys import HistoryKeys
from engine.policy.history_signatures import key_id_of


def test_a_key_outlasts_a_power_cut_with_its_name_and_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: kept.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
    )
    keys = HistoryKeys(tmp_path / "keys")
    first, second = (f"history-{key_id_of(keys.make())}.pem" for _ in range(2))
    of_folder = str(tmp_path / "keys")
    assert kept == [f"{of_folder}/{first}", of_folder, str(tmp_path), f"{of_folder}/{second}", of_folder]


@pytest.mark.parametrize(("errno", "is_kept"), [(EINVAL, True), (EIO, False)])
def test_a_file_system_without_names_to_keep_takes_a_key_and_a_failing_disk_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, errno: int, *, is_kept: bool
) -> None:
    def fsync(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").resolve().is_dir():
            raise OSError(errno, "of the folder")

    monkeypatch.setattr(os, "fsync", fsync)
    keys = HistoryKeys(tmp_path)
    if is_kept:
        assert keys.has(key_id_of(keys.make()))
        return
    with pytest.raises(OSError, match="of the folder"):
        keys.make()
