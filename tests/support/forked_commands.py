"""A command of the command line in a process of its own, forked from one that has the program loaded already.

To load it anew costs most of what such a command does until it is refused. That the installed program is started by
its file, ``support.running.Running`` proves.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.forking import FORKS

PATIENCE_S = 120.0
_STREAMS = ("stdin", "stdout", "stderr")


def reglament(*arguments: str, env: Mapping[str, str], given: str = "") -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in _STREAMS]
        for stream, content in zip(streams, (given, "", ""), strict=True):
            stream.write_text(content, encoding="utf-8")
        process = FORKS.Process(target=_perform, args=(arguments, dict(env), streams))
        process.start()
        process.join(PATIENCE_S)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["reglament", *arguments], PATIENCE_S)
        out, err = (stream.read_text(encoding="utf-8") for stream in streams[1:])
        return subprocess.CompletedProcess(["reglament", *arguments], process.exitcode, out, err)


def _perform(arguments: Sequence[str], env: Mapping[str, str], streams: Sequence[Path]) -> None:
    """In the new process: with the environment and the streams of a program that somebody starts."""
    from webui.command_line import main  # noqa: PLC0415  # who asks for a command need not have loaded them

    os.environ.clear()
    os.environ.update(env)
    for number, (stream, mode) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        opened = os.open(stream, mode)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, encoding="utf-8", closefd=False) for number, mode in enumerate("rww")
    )
    sys.argv = ["reglament", *arguments]
    main()
