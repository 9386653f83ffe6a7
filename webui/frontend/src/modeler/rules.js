// The checks that answer while one draws, as rules of bpmnlint. Each bears the code of the server's finding, and the
// server gives the words and has the last word: it knows many more.
import { is, isAny } from "bpmnlint-utils";

const WORKED_ON = ["bpmn:Task"];
const BY_MACHINES = ["bpmn:ServiceTask", "bpmn:SendTask", "bpmn:ReceiveTask", "bpmn:ScriptTask", "bpmn:BusinessRuleTask"];
const SPLITS = ["bpmn:Gateway"];

const isHumanStep = node => isAny(node, WORKED_ON) && !isAny(node, BY_MACHINES);
const flowsOut = node => (node.outgoing ?? []).filter(flow => is(flow, "bpmn:SequenceFlow"));
const flowsIn = node => (node.incoming ?? []).filter(flow => is(flow, "bpmn:SequenceFlow"));
const titleOf = node => node.name || node.id;
const wayOf = flow => flow.name || titleOf(flow.targetRef);
const isFlowNode = node => is(node, "bpmn:FlowNode");
const standsAlone = node => node.isForCompensation || node.triggeredByEvent;

// `said(node)` is what the map says about a step, with what follows from its lane and its group.
const missing = (key, said) => (node, report) => {
  if (isHumanStep(node) && !standsAlone(node) && !said(node)[key]) report({});
};

function unreachable(node, report) {
  if (!is(node, "bpmn:FlowElementsContainer") || is(node, "bpmn:AdHocSubProcess")) return;
  const nodes = (node.flowElements ?? []).filter(isFlowNode);
  const starts = nodes.filter(one => is(one, "bpmn:StartEvent"));
  if (!starts.length) return;
  const reached = new Set();
  const open = [...starts, ...nodes.filter(one => standsAlone(one) || is(one, "bpmn:IntermediateCatchEvent") && one.eventDefinitions?.some(event => is(event, "bpmn:LinkEventDefinition")))];
  while (open.length) {
    const one = open.pop();
    if (!one || reached.has(one)) continue;
    reached.add(one);
    open.push(...flowsOut(one).map(flow => flow.targetRef), ...nodes.filter(guest => guest.attachedToRef === one));
  }
  for (const one of nodes) if (!reached.has(one) && !is(one, "bpmn:BoundaryEvent")) report({}, one);
}

function implicitEnd(node, report) {
  if (!isFlowNode(node) || standsAlone(node) || flowsOut(node).length || is(node, "bpmn:EndEvent")) return;
  if (is(node, "bpmn:ThrowEvent") && node.eventDefinitions?.some(event => is(event, "bpmn:LinkEventDefinition"))) return;
  if (is(node.$parent, "bpmn:AdHocSubProcess") || node.eventDefinitions?.some(event => is(event, "bpmn:CompensateEventDefinition"))) return;
  if (flowsIn(node).length || node.attachedToRef || is(node, "bpmn:StartEvent")) report({});
}

function implicitSplit(node, report) {
  const flows = flowsOut(node);
  if (!isFlowNode(node) || isAny(node, SPLITS) || flows.length < 2 || flows.some(flow => flow.conditionExpression)) return;
  report({ targets: flows.map(wayOf).join(", ") });
}

function wayAsked(node, report) {
  const flows = flowsOut(node);
  const before = flowsIn(node);
  if (!is(node, "bpmn:ExclusiveGateway") || flows.length < 2 || before.length !== 1 || !isHumanStep(before[0].sourceRef)) return;
  if (!flows.some(flow => flow.conditionExpression)) report({ ways: flows.map(wayOf).join(", ") }, before[0].sourceRef);
}

function noDefault(node, report) {
  const flows = flowsOut(node);
  if (!is(node, "bpmn:ExclusiveGateway") || flows.length < 2 || node.default) return;
  if (flows.every(flow => flow.conditionExpression)) report({});
}

// Follows a branch of a join back to the split that it left, as long as nothing else comes in.
function splitBehind(flow) {
  const seen = new Set();
  for (let at = flow; at && !seen.has(at); ) {
    seen.add(at);
    const node = at.sourceRef;
    if (!node) return null;
    if (flowsOut(node).length > 1) return { split: node, way: at };
    const before = flowsIn(node);
    at = before.length === 1 ? before[0] : null;
  }
  return null;
}

function deadlock(node, report) {
  if (!is(node, "bpmn:ParallelGateway") || flowsIn(node).length < 2) return;
  const behind = flowsIn(node).map(flow => ({ flow, from: splitBehind(flow) })).filter(one => one.from && is(one.from.split, "bpmn:ExclusiveGateway"));
  const together = behind.filter(one => behind.some(other => other !== one && other.from.split === one.from.split && other.from.way !== one.from.way));
  if (together.length > 1) report({ branches: together.map(one => one.flow.name || titleOf(one.flow.sourceRef)).sort().join(", ") });
}

function emptySubProcess(node, report) {
  if (is(node, "bpmn:SubProcess") && !(node.flowElements ?? []).some(isFlowNode)) report({});
}

function nothingToExecute(node, report) {
  if (!is(node, "bpmn:Definitions")) return;
  const processes = (node.rootElements ?? []).filter(one => is(one, "bpmn:Process"));
  if (!processes.some(one => (one.flowElements ?? []).some(part => isFlowNode(part) && !is(part, "bpmn:Event")))) report({});
}

// {code: (node, report) => …}; `report(params, at)` says it of `at`, or of the node itself.
export const checksOf = said => ({
  STAGE_MISSING: missing("stage", said),
  DEADLINE_MISSING: missing("deadline", said),
  RESPONSIBLE_MISSING: missing("responsible", said),
  UNREACHABLE: unreachable,
  IMPLICIT_END: implicitEnd,
  IMPLICIT_SPLIT: implicitSplit,
  WAY_ASKED: wayAsked,
  NO_DEFAULT: noDefault,
  DEADLOCK: deadlock,
  EMPTY_SUB_PROCESS: emptySubProcess,
  NOTHING_TO_EXECUTE: nothingToExecute,
});
