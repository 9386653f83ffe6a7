// What the map says about a step, wherever it says it: for the checks that answer while one draws.
import { is } from "bpmnlint-utils";

const VENDOR_RESPONSIBLES = /:(assignee|candidateUsers|candidateGroups)$/;
const VENDOR_DEADLINES = /:(dueDate|taskSchedule)$/;

function lanesOf(node) {
  const found = [];
  const search = sets => {
    for (const set of sets ?? []) for (const lane of set?.lanes ?? []) {
      if (lane.flowNodeRef?.includes(node)) found.push(lane);
      search([lane.childLaneSet]);
    }
  };
  for (let at = node.$parent; at; at = at.$parent) search(at.laneSets);
  return found;
}

function poolOf(node) {
  let process = node.$parent;
  while (process && !is(process, "bpmn:Process")) process = process.$parent;
  const collaboration = process?.$parent?.rootElements?.find(root => is(root, "bpmn:Collaboration"));
  return collaboration?.participants?.find(pool => pool.processRef === process);
}

const hasTimer = node => (node.$parent?.flowElements ?? []).some(one => one.attachedToRef === node && one.eventDefinitions?.some(event => is(event, "bpmn:TimerEventDefinition")));
const vendorSays = (node, pattern) => Object.keys(node.$attrs ?? {}).some(name => pattern.test(name)) || (node.extensionElements?.values ?? []).some(extension => pattern.test(extension.$type) || /assignmentDefinition$/.test(extension.$type) && pattern === VENDOR_RESPONSIBLES);

// `understood()` is what the server read at the last saving: it knows groups, annotations and much more.
export function saidOf(properties, understood) {
  return node => {
    const own = properties.read(node);
    const read = understood()[node.id] ?? {};
    const inside = is(node.$parent, "bpmn:SubProcess") && node.$parent.name;
    return {
      stage: own.stage || inside || read.stage_drawn,
      deadline: own.deadline || hasTimer(node) || vendorSays(node, VENDOR_DEADLINES) || read.deadline_drawn,
      responsible: own.responsible || lanesOf(node).some(lane => lane.name) || poolOf(node)?.name || node.resources?.length || vendorSays(node, VENDOR_RESPONSIBLES) || read.responsible_drawn,
    };
  };
}
