"""Everything wrong with a company's history: a small one is read here, a large one by a process for each core.

Nearly all of it is arithmetic, one signature after another. A part of the history stands by itself: some deals' chains
with their heads, a span of signatures with the one before it. So each is read in a transaction of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.db.session import Database
from engine.policy.checkpoints import Checkpoint
from engine.policy.history_chain import ChainFault
from engine.queries.file_proof import file_faults
from engine.queries.history import faulty_chains
from engine.queries.history_proof import HistoryExtent, HistoryProof, history_extent, order_faults, signature_faults
from webui.serving.process_group import end_with_parent

Fault = tuple[str, ChainFault]
"""The number of the deal, empty for what is of no deal, and what is wrong."""

LARGE = 20_000
"""Entries: a process starts in the time that two thousand take to be verified."""

DEALS_AT_ONCE, SIGNATURES_AT_ONCE = 500, 5_000
_COURTESY = 5  # people are at work meanwhile


@dataclass(frozen=True, slots=True)
class _Chains:
    """Of the deals with these ids."""

    first: int
    last: int

    def faults(self, session: Session) -> list[Fault]:
        found = faulty_chains(session, self.first, self.last)
        return [(one.deal_number, fault) for one in found for fault in one.faults]


@dataclass(frozen=True, slots=True)
class _Signatures:
    """At these positions."""

    first: int
    last: int

    def faults(self, session: Session) -> list[Fault]:
        return [(one.deal_number, one.fault) for one in signature_faults(session, self.first, self.last)]


_Part = _Chains | _Signatures


def faults_of_history(
    database: Database, proof: HistoryProof, published: Sequence[Checkpoint], *, large: int = LARGE
) -> list[Fault]:
    """Those of the chains, of the signatures, of the whole, of the files, in this order; fills ``proof``.

    A history of more than ``large`` entries is shared among processes.
    """
    with database.read() as session:
        extent = history_extent(session)
        parts = _parts(extent)
        if extent.entries <= large:
            return _in_order((part.faults(session) for part in parts), _of_whole(session, proof, published))
    with _workers(database.url, parts) as found:
        with database.read() as session:  # over before the others are waited for: PostgreSQL ends one that stands still
            of_whole = _of_whole(session, proof, published)
        return _in_order(found, of_whole)


def _of_whole(session: Session, proof: HistoryProof, published: Sequence[Checkpoint]) -> list[Fault]:
    whole = [*order_faults(session, proof, published), *file_faults(session)]
    return [(one.deal_number, one.fault) for one in whole]


def _in_order(of_parts: Iterable[list[Fault]], of_whole: Sequence[Fault]) -> list[Fault]:
    return [*(fault for part in of_parts for fault in part), *of_whole]


def _parts(extent: HistoryExtent) -> list[_Part]:
    deals = range(1, extent.last_deal + 1, DEALS_AT_ONCE)
    positions = range(1, extent.last_position + 1, SIGNATURES_AT_ONCE)
    return [
        *(_Chains(first, first + DEALS_AT_ONCE - 1) for first in deals),
        *(_Signatures(first, first + SIGNATURES_AT_ONCE - 1) for first in positions),
    ]


@contextmanager
def _workers(url: str, parts: Iterable[_Part]) -> Iterator[Iterable[list[Fault]]]:
    """They begin at once, and nothing of them is left at the end."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context, initializer=_Worker.begin, initargs=(url,))
    try:
        yield pool.map(_Worker.faults, parts)
    finally:
        pool.shutdown(cancel_futures=True)


class _Worker:
    """A process of its own, with a connection of its own."""

    database: Database

    @classmethod
    def begin(cls, url: str) -> None:
        end_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, too, and ends this process
        os.nice(_COURTESY)
        cls.database = Database(url, pool_size=1)

    @classmethod
    def faults(cls, part: _Part) -> list[Fault]:
        with cls.database.read() as session:
            return part.faults(session)
