// Draws a map that came without a drawing: every pool by itself, one below the other, its steps in their lanes.
import { BpmnModdle } from "bpmn-moddle";
import { layoutProcess } from "bpmn-auto-layout";

const POOL_HEADING = 30;
const MARGIN = 40;
const GAP = 60;
const LANE_GAP = 30;
const NO_POOL_HEIGHT = 100;
const ROW = 10; // shapes whose middles are this near stand in one row

async function laidOut(moddle, definitions, process) {
  const alone = moddle.create("bpmn:Definitions", { id: "alone", targetNamespace: "urn:alone", rootElements: [process] });
  const parent = process.$parent;
  try {
    const { xml } = await moddle.toXML(alone);
    const { rootElement } = await moddle.fromXML(await layoutProcess(withoutForeign(xml)));
    return rootElement.diagrams ?? [];
  } finally {
    process.$parent = parent;
  }
}

// The layout asks for the shape of the process only; references to what stands outside it would be unresolved.
function withoutForeign(xml) {
  const parsed = new DOMParser().parseFromString(xml, "application/xml");
  for (const holder of [...parsed.getElementsByTagNameNS("*", "extensionElements"), ...parsed.getElementsByTagNameNS("*", "laneSet")]) holder.remove();
  return new XMLSerializer().serializeToString(parsed);
}

const isShape = part => part.$type === "bpmndi:BPMNShape";

function move(parts, dx, dy) {
  for (const part of parts) {
    for (const place of [part.bounds, part.label?.bounds, ...(part.waypoint ?? [])]) {
      if (place) { place.x += dx; place.y += dy; }
    }
  }
}

function extent(parts) {
  const boxes = parts.filter(isShape).map(part => part.bounds);
  const points = parts.flatMap(part => part.waypoint ?? []);
  const xs = [...boxes.flatMap(box => [box.x, box.x + box.width]), ...points.map(point => point.x)];
  const ys = [...boxes.flatMap(box => [box.y, box.y + box.height]), ...points.map(point => point.y)];
  if (!xs.length) return { left: 0, top: 0, right: 400, bottom: NO_POOL_HEIGHT };
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

const innermost = lanes => lanes.flatMap(lane => (lane.childLaneSet?.lanes?.length ? innermost(lane.childLaneSet.lanes) : [lane]));

// Puts every step into the band of its lane, keeping its column; rows of a lane keep their order.
function sortIntoLanes(lanes, parts) {
  const shapes = new Map(parts.filter(isShape).map(part => [part.bpmnElement.id, part]));
  const attached = [...shapes.values()].filter(part => part.bpmnElement.attachedToRef);
  const laneOf = new Map(lanes.flatMap((lane, index) => (lane.flowNodeRef ?? []).map(node => [node.id, index])));
  const bands = lanes.map(() => []);
  for (const [id, part] of shapes) if (!attached.includes(part)) bands[laneOf.get(id) ?? 0].push(part);
  const heights = [];
  let top = 0;
  for (const band of bands) {
    const rows = [];
    for (const part of band.sort((a, b) => a.bounds.y + a.bounds.height / 2 - b.bounds.y - b.bounds.height / 2)) {
      const middle = part.bounds.y + part.bounds.height / 2;
      const row = rows.at(-1);
      if (row && middle - row.middle < ROW) row.parts.push(part);
      else rows.push({ middle, parts: [part] });
    }
    let y = top + LANE_GAP;
    for (const row of rows) {
      const height = Math.max(...row.parts.map(part => part.bounds.height), 60);
      for (const part of row.parts) {
        const moved = y + (height - part.bounds.height) / 2 - part.bounds.y;
        const guests = attached.filter(one => one.bpmnElement.attachedToRef.id === part.bpmnElement.id);
        move([part, ...guests], 0, moved);
      }
      y += height + LANE_GAP;
    }
    heights.push(Math.max(y - top, NO_POOL_HEIGHT));
    top += heights.at(-1);
  }
  for (const part of parts) if (part.waypoint) reroute(part, shapes);
  return heights;
}

// From side to side with one bend; backwards and straight up or down, from below.
function reroute(edge, shapes) {
  const from = shapes.get(edge.bpmnElement.sourceRef?.id)?.bounds, to = shapes.get(edge.bpmnElement.targetRef?.id)?.bounds;
  if (!from || !to) return;
  const middle = box => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
  const start = middle(from), end = middle(to);
  const inTheWay = [...shapes.values()].map(part => part.bounds).filter(box => box !== from && box !== to && start.y > box.y && start.y < box.y + box.height && box.x > Math.min(start.x, end.x) && box.x + box.width < Math.max(start.x, end.x));
  let points;
  if (edge.bpmnElement.sourceRef.attachedToRef) {
    points = [{ x: start.x, y: from.y + from.height }, { x: start.x, y: end.y }, { x: to.x, y: end.y }];
    if (to.x < start.x) points = [{ x: start.x, y: from.y + from.height }, { x: start.x, y: from.y + from.height + 20 }, { x: end.x, y: from.y + from.height + 20 }, { x: end.x, y: to.y + (to.y > from.y ? 0 : to.height) }];
  } else if (to.x >= from.x + from.width && !(start.y === end.y && inTheWay.length)) {
    const bend = to.x - Math.min(25, (to.x - from.x - from.width) / 2);
    points = start.y === end.y
      ? [{ x: from.x + from.width, y: start.y }, { x: to.x, y: end.y }]
      : [{ x: from.x + from.width, y: start.y }, { x: bend, y: start.y }, { x: bend, y: end.y }, { x: to.x, y: end.y }];
  } else if (Math.abs(start.x - end.x) < 1) {
    points = [{ x: start.x, y: start.y < end.y ? from.y + from.height : from.y }, { x: end.x, y: start.y < end.y ? to.y : to.y + to.height }];
  } else {
    const below = Math.max(...[from, to, ...inTheWay].map(box => box.y + box.height)) + 15;
    points = [{ x: start.x, y: from.y + from.height }, { x: start.x, y: below }, { x: end.x, y: below }, { x: end.x, y: to.y + to.height }];
  }
  edge.waypoint.splice(0, edge.waypoint.length, ...points.map(point => edge.$model.create("dc:Point", point)));
}

// The XML with a drawing of all pools and of the processes that stand in none. Earlier drawings are replaced.
export async function withDrawing(xml) {
  const moddle = new BpmnModdle();
  const { rootElement: definitions } = await moddle.fromXML(xml);
  const collaboration = definitions.rootElements.find(root => root.$type === "bpmn:Collaboration");
  const processes = definitions.rootElements.filter(root => root.$type === "bpmn:Process");
  const participants = collaboration?.participants ?? [];
  const loose = processes.filter(process => !participants.some(pool => pool.processRef === process));
  const elements = new Map();
  const drawn = [];
  const further = [];
  const shape = (bpmnElement, x, y, width, height, more = {}) => moddle.create("bpmndi:BPMNShape", {
    id: `${bpmnElement.id}_di`, bpmnElement, bounds: moddle.create("dc:Bounds", { x, y, width, height }), ...more,
  });
  collect(definitions, elements);
  nameTheEnds(elements);
  let top = 0;
  for (const holder of [...participants, ...loose]) {
    const isPool = participants.includes(holder);
    const process = isPool ? holder.processRef : holder;
    const parts = [];
    if (process?.flowElements?.length) {
      const [main, ...inner] = await laidOut(moddle, definitions, process);
      parts.push(...adopted(moddle, main?.plane?.planeElement ?? [], elements));
      for (const diagram of inner) further.push(plane(moddle, elements.get(diagram.plane.bpmnElement.id), adopted(moddle, diagram.plane.planeElement ?? [], elements)));
    }
    const lanes = innermost((process?.laneSets ?? []).flatMap(set => set.lanes ?? []));
    const heights = lanes.length ? sortIntoLanes(lanes, parts) : [];
    const at = extent(parts);
    const left = POOL_HEADING * (lanes.length ? 2 : 1) + MARGIN;
    const inside = lanes.length ? 0 : MARGIN;
    move(parts, left - at.left, top + inside - (lanes.length ? 0 : at.top));
    const width = at.right - at.left + left + MARGIN;
    const height = lanes.length ? heights.reduce((sum, one) => sum + one, 0) : at.bottom - at.top + 2 * inside;
    if (isPool) {
      drawn.push(shape(holder, 0, top, width, height, { isHorizontal: true }));
    }
    let band = top;
    lanes.forEach((lane, index) => {
      drawn.push(shape(lane, POOL_HEADING, band, width - POOL_HEADING, heights[index], { isHorizontal: true }));
      band += heights[index];
    });
    drawn.push(...parts);
    top += height + GAP;
  }
  const byId = new Map(drawn.filter(isShape).map(part => [part.bpmnElement.id, part]));
  for (const message of collaboration?.messageFlows ?? []) {
    const from = byId.get(message.sourceRef?.id)?.bounds, to = byId.get(message.targetRef?.id)?.bounds;
    if (!from || !to) continue;
    const down = from.y < to.y;
    const x = from.width > to.width ? to.x + to.width / 2 : from.x + from.width / 2;
    const waypoint = [{ x, y: down ? from.y + from.height : from.y }, { x, y: down ? to.y : to.y + to.height }];
    drawn.push(moddle.create("bpmndi:BPMNEdge", { id: `${message.id}_di`, bpmnElement: message, waypoint: waypoint.map(point => moddle.create("dc:Point", point)) }));
  }
  definitions.diagrams = [plane(moddle, collaboration ?? processes[0], drawn), ...further];
  return (await moddle.toXML(definitions, { format: true })).xml;
}

function collect(parent, elements) {
  for (const list of ["rootElements", "participants", "messageFlows", "flowElements", "artifacts"]) {
    for (const element of parent[list] ?? []) {
      elements.set(element.id, element);
      collect(element, elements);
    }
  }
}

// Some tools name only the ends of an arrow, and not at the steps which arrows touch them; the layout goes by those.
function nameTheEnds(elements) {
  for (const flow of elements.values()) {
    if (flow.$type !== "bpmn:SequenceFlow") continue;
    for (const [node, list] of [[flow.sourceRef, "outgoing"], [flow.targetRef, "incoming"]]) {
      if (node && !node.get(list).includes(flow)) node.get(list).push(flow);
    }
  }
}

// The parts of a drawing of a copy, made to show the elements of this file.
function adopted(moddle, parts, elements) {
  return parts.filter(part => elements.has(part.bpmnElement?.id)).map(part => {
    part.bpmnElement = elements.get(part.bpmnElement.id);
    return part;
  });
}

function plane(moddle, bpmnElement, planeElement) {
  const made = moddle.create("bpmndi:BPMNPlane", { id: `${bpmnElement.id}_plane`, bpmnElement, planeElement });
  for (const part of planeElement) part.$parent = made;
  return moddle.create("bpmndi:BPMNDiagram", { id: `${bpmnElement.id}_diagram`, plane: made });
}
