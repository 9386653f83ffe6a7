"""Another version of a compiled map, without a file to compile."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from engine.bpmn.compiled import CompiledProcess, Stage, StepDefinition


def edited(process: CompiledProcess, steps: Mapping[str, StepDefinition], *drawn: tuple[str, str]) -> CompiledProcess:
    """``steps`` are new or changed; each pair in ``drawn`` replaces a part of the executed form."""
    executable = process.executable
    for before, now in drawn:
        assert before in executable
        executable = executable.replace(before, now)
    all_steps = {**process.steps, **steps}
    stages = tuple(
        Stage(name=name, position=at) for at, name in enumerate(dict.fromkeys(one.name for one in process.stages))
    )
    digest = hashlib.sha256(f"{executable}{sorted(all_steps.items())}".encode()).hexdigest()
    return process.model_copy(
        update={
            "executable": executable,
            "steps": all_steps,
            "stages": stages,
            "elements": {**process.elements, **{name: one.name for name, one in steps.items()}},
            "content_hash": digest,
        }
    )
