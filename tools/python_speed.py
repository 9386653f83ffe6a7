"""Print how many microseconds this Python takes for work like the product's, or fail where it cannot run the product.

Executed by each Python that ``find_python.sh`` meets, so it imports nothing of the product.
"""

import ensurepip  # noqa: F401  a distribution's Python may lack it
import sys
import time
import venv  # noqa: F401

_OLDEST = (3, 11)
_TRIES = 5  # the best one counts: the machine may be doing something else


class _Step:
    def __init__(self, number: int) -> None:
        self.number = number

    def after(self, other: int) -> int:
        return self.number + other


def _work() -> None:
    found: dict[int, int] = {}
    for number in range(20_000):
        found[number % 100] = _Step(number).after(number)
        " ".join(map(str, (number, found[0])))


def _taken() -> float:
    began = time.perf_counter()
    _work()
    return time.perf_counter() - began


if __name__ == "__main__":
    if sys.version_info < _OLDEST:
        sys.exit(1)
    sys.stdout.write(f"{min(_taken() for _ in range(_TRIES)) * 1_000_000:.0f}\n")
