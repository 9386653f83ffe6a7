from __future__ import annotations

import hashlib

import pytest

from engine.policy.merkle import Frontier, node_hash

LEAVES = [hashlib.sha256(bytes([number])).hexdigest() for number in range(40)]


def by_definition(leaves: list[str]) -> str:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(by_definition(leaves[:half]), by_definition(leaves[half:]))


@pytest.mark.parametrize("size", range(len(LEAVES)))
def test_a_frontier_has_the_root_of_the_definition_however_it_grew(size: int) -> None:
    at_once = Frontier().grown(LEAVES[:size])
    in_two = Frontier().grown(LEAVES[: size // 3]).grown(LEAVES[size // 3 : size])
    assert at_once.root == in_two.root == by_definition(LEAVES[:size])
    assert at_once.size == size
