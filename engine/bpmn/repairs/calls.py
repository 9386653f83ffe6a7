"""Call activities: to a process of the same upload or of the library, otherwise somebody confirms that it is done."""

from __future__ import annotations

from engine.bpmn.map_model import Node, NodeType, Process
from engine.bpmn.repairs.stand_ins import confirm_by_person
from engine.bpmn.repairs.workbench import Workbench


def settle_calls(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.type is not NodeType.CALL_ACTIVITY:
            continue
        if node.calls is not None:
            if node.calls.source_id != node.called.rsplit(":", 1)[-1]:
                workbench.noticed.info("CALL_BY_NAME", node, called=node.calls.title)
            continue
        workbench.noticed.warning("CALL_UNRESOLVED", node, called=node.called or "–")
        confirm_by_person(node)


def find_called(node: Node, processes: list[Process]) -> Process | None:
    """The process that ``node`` names: by its id, with or without a prefix; else the only one of its name or file."""
    wished = node.called
    short = wished.rsplit(":", 1)[-1]
    filled = [process for process in processes if process.scope.nodes]
    by_id = [process for process in filled if wished and process.source_id in (wished, short)]
    if by_id:  # modelling tools give many maps the same id: no map means itself by it
        return next((process for process in by_id if process is not node.scope.process), by_id[0])
    names = {_folded(wished or node.name)} - {""}
    alike = [process for process in filled if names & {_folded(process.name), _folded(_stem(process.file))}]
    return alike[0] if len(alike) == 1 and alike[0] is not node.scope.process else None


def _stem(file: str) -> str:
    return file.rpartition("/")[2].partition(".")[0]


def _folded(text: str) -> str:
    return " ".join(text.removesuffix(".bpmn").casefold().split())
