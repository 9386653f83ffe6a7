"""Ours and another engine in turns, on one PostgreSQL, asked by the same clients: such figures hold on any machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.completions import DEALS, IN_A_COMPANY, WARMING, Way, complete_deals, serving, tokens_of
from bench.figures import MILLI, Figure
from bench.load import Load
from bench.peers import PEERS, Peer, PeerMissing
from support.office import Office
from support.servers import PostgreSQL

ROUNDS = 4


def beside_figures(office: Office, var: Path, settings: Mapping[str, str], postgresql: PostgreSQL) -> Iterator[Figure]:
    """For each other engine that can be installed: how many steps ours completes while it completes one."""
    tokens = tokens_of(office)
    for kind in PEERS:
        try:
            kind(postgresql).install()
        except PeerMissing as missing:
            print(f"  !! {kind.name} CANNOT BE INSTALLED and is left out of this run: {missing}", flush=True)
            continue
        for way in IN_A_COMPANY:
            peer = kind(postgresql)
            with serving(office, var, settings, tokens, way) as port, peer.running(way.processes):
                peer.complete(WARMING, 2 * max(way.clients, way.processes))
                yield from _in_turns(office, port, tokens, peer, way)


def _in_turns(office: Office, port: int, tokens: Mapping[str, str], peer: Peer, way: Way) -> Iterator[Figure]:
    ours = theirs = Load((), 0.0)
    for _ in range(ROUNDS):
        ours += complete_deals(office, port, tokens, DEALS, way.clients)
        theirs += peer.complete(DEALS, way.clients)
    own, other = (len(one.answers) / one.taken for one in (ours, theirs))
    yield Figure(f"{peer.name}, {way.name}: time per step", MILLI / other, "ms", None, f"{other:.0f}/s")
    yield Figure(
        f"ours ÷ {peer.name}, {way.name}: steps in the same time", own / other, "",
        at_least=peer.wanted[way.processes, way.clients], remark=f"{own:.0f}/s beside it",
    )  # fmt: skip
