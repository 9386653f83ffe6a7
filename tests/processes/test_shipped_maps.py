"""What every shipped map owes to the company that starts from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from itertools import combinations, pairwise

import pytest
from lxml import etree

from engine.bpmn.compiled import CompiledProcess, StepKind
from engine.bpmn.findings import Severity
from engine.policy.all_ways import explore
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.map_rules import run_rule
from engine.policy.ways_found import ways_found
from processes import shipped_map, shipped_maps, shipped_readme
from webui.demo.rules import SALE_RULES

KEYS = [each.key for each in shipped_maps()]
DEPARTMENTS = {"Відділ продажів", "Юридичний відділ", "Фінансовий відділ", "Логістика"}
HEAD_OF_SALES = "Керівник відділу продажів"
DEAL_OWNER = "=owner"
NAMESPACES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "reglament": "https://reglament.app/schema/bpmn/1.0",
    "camunda": "http://camunda.org/schema/1.0/bpmn",
}
FLOW_NODES = ("startEvent", "endEvent", "userTask", "scriptTask", "callActivity", "exclusiveGateway", "parallelGateway")


def drawing_of(key: str) -> etree._Element:
    return etree.fromstring(shipped_map(key).content)


def find(root: etree._Element, path: str) -> list[etree._Element]:
    return root.findall(path, NAMESPACES)


def frame_of(root: etree._Element, element_id: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the element's shape."""
    bounds = root.find(f".//bpmndi:BPMNShape[@bpmnElement='{element_id}']/dc:Bounds", NAMESPACES)
    assert bounds is not None, element_id
    x, y, width, height = (float(bounds.get(side, "nan")) for side in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def flow_nodes(root: etree._Element) -> Iterator[str]:
    for tag in FLOW_NODES:
        for node in find(root, f".//bpmn:{tag}"):
            yield node.get("id", "")


def test_the_three_maps_are_shipped() -> None:
    assert KEYS == ["b2b-sale", "discount-approval", "tender"]


def test_a_key_that_is_not_shipped_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        shipped_map("nothing-of-that-name")


@pytest.mark.parametrize("key", KEYS)
def test_the_readme_speaks_ukrainian_and_english(key: str) -> None:
    readme = shipped_readme(key)
    assert "## Як пристосувати" in readme
    assert "## Adapting it" in readme


@pytest.mark.parametrize("key", KEYS)
def test_the_file_follows_the_schema_of_bpmn(key: str) -> None:
    schema = files("SpiffWorkflow") / "bpmn" / "parser" / "schema" / "BPMN20.xsd"
    etree.XMLSchema(etree.parse(str(schema))).assertValid(drawing_of(key).getroottree())


@pytest.mark.parametrize("key", KEYS)
def test_nothing_worse_than_an_information_is_found(key: str, compiled: Callable[[str], CompiledProcess]) -> None:
    found = [finding for finding in compiled(key).findings if finding.severity is not Severity.INFO]
    assert found == []


@pytest.mark.parametrize("key", KEYS)
def test_every_step_says_stage_deadline_responsible_and_what_to_do(
    key: str, compiled: Callable[[str], CompiledProcess]
) -> None:
    steps = compiled(key).steps.values()
    assert [each.name for each in steps if not each.stage or each.deadline is None] == []
    assert [each.name for each in steps if len(each.instruction) < 80] == []
    assert {name for each in steps for name in each.responsible} <= DEPARTMENTS | {HEAD_OF_SALES, DEAL_OWNER}
    assert [each.name for each in steps if not each.responsible] == []


@pytest.mark.parametrize("key", KEYS)
def test_no_step_is_a_stand_in_for_something_that_cannot_run(
    key: str, compiled: Callable[[str], CompiledProcess]
) -> None:
    stand_ins = {StepKind.CONFIRM, StepKind.EVENT, StepKind.CHOICE}
    assert [each.name for each in compiled(key).steps.values() if each.kind in stand_ins] == []


@pytest.mark.parametrize("key", KEYS)
def test_a_late_step_escalates_to_somebody(key: str, compiled: Callable[[str], CompiledProcess]) -> None:
    process = compiled(key)
    assert [each.name for each in process.steps.values() if not (each.escalation or process.default_escalation)] == []


@pytest.mark.parametrize("key", KEYS)
def test_fields_were_read_with_their_types(key: str, compiled: Callable[[str], CompiledProcess]) -> None:
    drawn = {
        (task.get("id"), each.get("name"), each.get("type"))
        for task in find(drawing_of(key), ".//bpmn:userTask")
        for each in find(task, ".//reglament:field")
    }
    read = {
        (step.source_id, each.name, each.type.value)
        for step in compiled(key).steps.values()
        if step.process_key == key
        for each in step.fields
    }
    assert read == drawn


@pytest.mark.parametrize("key", KEYS)
def test_stages_follow_the_frames_from_left_to_right(key: str, compiled: Callable[[str], CompiledProcess]) -> None:
    root = drawing_of(key)
    names = {each.get("id"): each.get("value") for each in find(root, ".//bpmn:categoryValue")}
    groups = find(root, ".//bpmn:group")
    groups.sort(key=lambda group: frame_of(root, group.get("id", "")))
    drawn = [names[group.get("categoryValueRef")] for group in groups]
    assert [stage.name for stage in sorted(compiled(key).stages, key=lambda stage: stage.position)] == drawn


@pytest.mark.parametrize("key", KEYS)
def test_a_step_stands_in_the_frame_of_its_stage(key: str, compiled: Callable[[str], CompiledProcess]) -> None:
    root = drawing_of(key)
    names = {each.get("id"): each.get("value") for each in find(root, ".//bpmn:categoryValue")}
    frames = {
        names[group.get("categoryValueRef")]: frame_of(root, group.get("id", ""))
        for group in find(root, ".//bpmn:group")
    }
    for step in compiled(key).steps.values():
        if step.process_key == key:
            left, top, right, bottom = frame_of(root, step.source_id)
            frame = frames[step.stage]
            assert frame[0] < left, step.name
            assert frame[1] < top, step.name
            assert right < frame[2], step.name
            assert bottom < frame[3], step.name


@pytest.mark.parametrize("key", KEYS)
def test_other_tools_see_the_same_properties(key: str) -> None:
    def bag(element: etree._Element, prefix: str) -> list[tuple[str | None, str | None]]:
        return [
            (each.get("name"), each.get("value"))
            for each in find(element, f"bpmn:extensionElements/{prefix}:properties/{prefix}:property")
        ]

    elements = [each for each in drawing_of(key).iter() if bag(each, "reglament")]
    assert elements
    assert [bag(each, "camunda") for each in elements] == [bag(each, "reglament") for each in elements]


@pytest.mark.parametrize("key", KEYS)
def test_shapes_do_not_overlap_and_lie_in_their_lanes(key: str) -> None:
    root = drawing_of(key)
    for one, other in combinations(flow_nodes(root), 2):
        left, top, right, bottom = frame_of(root, one)
        left2, top2, right2, bottom2 = frame_of(root, other)
        assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top, (one, other)
    for lane in find(root, ".//bpmn:lane"):
        _, lane_top, _, lane_bottom = frame_of(root, lane.get("id", ""))
        for reference in find(lane, "bpmn:flowNodeRef"):
            _, top, _, bottom = frame_of(root, reference.text or "")
            assert lane_top <= top, reference.text
            assert bottom <= lane_bottom, reference.text


@pytest.mark.parametrize("key", KEYS)
def test_flows_are_drawn_at_right_angles_around_every_shape(key: str) -> None:
    root = drawing_of(key)
    shapes = {node: frame_of(root, node) for node in flow_nodes(root)}
    for flow in find(root, ".//bpmn:sequenceFlow"):
        points = [
            (float(point.get("x", "nan")), float(point.get("y", "nan")))
            for point in find(root, f".//bpmndi:BPMNEdge[@bpmnElement='{flow.get('id')}']/di:waypoint")
        ]
        assert len(points) >= 2, flow.get("id")
        for (x1, y1), (x2, y2) in pairwise(points):
            assert (x1 == x2) != (y1 == y2), flow.get("id")
            crossed = [
                node
                for node, (left, top, right, bottom) in shapes.items()
                if min(x1, x2) < right and max(x1, x2) > left and min(y1, y2) < bottom and max(y1, y2) > top
            ]
            assert crossed == [], flow.get("id")


@pytest.mark.parametrize(
    ("key", "results"),
    [
        ("b2b-sale", {"lost_unfit": "lost", "lost_rejected": "lost", "lost_refused": "lost", "won": "won"}),
        (
            "tender",
            {"not_participating": "lost", "price_rejected": "lost", "tender_lost": "lost", "tender_won": "won"},
        ),
    ],
)
def test_ends_say_whether_the_deal_is_won(key: str, results: dict[str, str]) -> None:
    said = {
        end.get("id"): each.get("value")
        for end in find(drawing_of(key), ".//bpmn:endEvent")
        for each in find(end, "bpmn:extensionElements/reglament:properties/reglament:property[@name='result']")
    }
    assert said == results


@pytest.mark.parametrize("key", KEYS)
def test_no_branch_is_dead(compiled: Callable[[str], CompiledProcess], key: str) -> None:
    process = compiled(key)
    ways = ways_found(process, explore(process, BusinessCalendar()))
    assert (ways.never_reached, ways.never_taken, ways.failures) == ((), (), ())


def test_the_rules_of_the_demo_company_hold(compiled: Callable[[str], CompiledProcess]) -> None:
    for rule in SALE_RULES:
        assert run_rule(compiled("b2b-sale"), rule, calendar=BusinessCalendar()).failures == ()
