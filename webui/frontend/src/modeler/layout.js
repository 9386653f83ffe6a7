// Draws a map anew, or one that came without a drawing: every pool by itself, one below the other, with its lanes.
import { BpmnModdle } from "bpmn-moddle";
import { grid } from "./grid.js";

const HEADING = 30; // of a pool, and of the lanes inside it
const MARGIN = 40;
const GAP = 50;
const LABEL = { width: 90, height: 27 }; // of a gateway: above on the left, where arrows seldom run
const EMPTY_POOL = { width: 600, height: 80 };

const innermost = lanes => lanes.flatMap(lane => (lane.childLaneSet?.lanes?.length ? innermost(lane.childLaneSet.lanes) : [lane]));

// The XML with a drawing of all pools and of the processes that stand in none. An earlier drawing is replaced.
export async function withDrawing(xml) {
  const moddle = new BpmnModdle();
  const { rootElement: definitions } = await moddle.fromXML(xml);
  const collaboration = definitions.rootElements.find(root => root.$type === "bpmn:Collaboration");
  const processes = definitions.rootElements.filter(root => root.$type === "bpmn:Process");
  const pools = collaboration?.participants ?? [];
  const loose = processes.filter(process => !pools.some(pool => pool.processRef === process));
  const drawn = new Drawing(moddle);
  let top = 0;
  for (const holder of collaboration ? [...pools, ...loose.filter(process => process.flowElements?.length)] : loose.slice(0, 1)) {
    top += drawn.add(holder, pools.includes(holder) ? holder.processRef : holder, pools.includes(holder), top) + GAP;
  }
  for (const message of collaboration?.messageFlows ?? []) drawn.connect(message);
  const bpmnElement = collaboration ?? processes[0];
  const plane = moddle.create("bpmndi:BPMNPlane", { id: `${bpmnElement.id}_plane`, bpmnElement, planeElement: drawn.parts });
  definitions.diagrams = [moddle.create("bpmndi:BPMNDiagram", { id: `${bpmnElement.id}_diagram`, plane })];
  return (await moddle.toXML(definitions, { format: true })).xml;
}

class Drawing {
  constructor(moddle) {
    Object.assign(this, { moddle, parts: [], boxes: new Map() });
  }

  shape(bpmnElement, { x, y, width, height }, more = {}) {
    this.boxes.set(bpmnElement, { x, y, width, height });
    if (bpmnElement.name && bpmnElement.$instanceOf("bpmn:Gateway")) {
      const bounds = this.moddle.create("dc:Bounds", { x: x - LABEL.width + 15, y: y - LABEL.height - 4, ...LABEL });
      more.label = this.moddle.create("bpmndi:BPMNLabel", { bounds });
    }
    this.parts.push(this.moddle.create("bpmndi:BPMNShape", {
      id: `${bpmnElement.id}_di`, bpmnElement, bounds: this.moddle.create("dc:Bounds", { x, y, width, height }), ...more,
    }));
  }

  edge(bpmnElement, points) {
    const waypoint = points.map(([x, y]) => this.moddle.create("dc:Point", { x, y }));
    this.parts.push(this.moddle.create("bpmndi:BPMNEdge", { id: `${bpmnElement.id}_di`, bpmnElement, waypoint }));
  }

  // Answers how high the pool, or the process that stands in none, has become.
  add(holder, process, isPool, top) {
    const lanes = innermost((process?.laneSets ?? []).flatMap(set => set.lanes ?? []));
    const { shapes, edges, width, laneHeights } = grid(process ?? {}, lanes);
    const headings = isPool || lanes.length ? HEADING * (lanes.length ? 2 : 1) : 0;
    const left = headings + MARGIN;
    const whole = shapes.length
      ? { x: 0, y: top, width: left + width + MARGIN, height: laneHeights.reduce((sum, one) => sum + one, 0) }
      : { x: 0, y: top, ...EMPTY_POOL };
    if (isPool) this.shape(holder, whole, { isHorizontal: true });
    let band = top;
    lanes.forEach((lane, index) => {
      this.shape(lane, { x: HEADING, y: band, width: whole.width - HEADING, height: laneHeights[index] }, { isHorizontal: true });
      band += laneHeights[index];
    });
    for (const { element, isExpanded, ...box } of shapes) {
      const marked = { ...(isExpanded ? { isExpanded } : {}), ...(element.$type === "bpmn:ExclusiveGateway" ? { isMarkerVisible: true } : {}) };
      this.shape(element, { ...box, x: box.x + left, y: box.y + top }, marked);
    }
    for (const { element, points } of edges) this.edge(element, points.map(([x, y]) => [x + left, y + top]));
    return whole.height;
  }

  // A message runs straight down or up, from the narrower of what it connects.
  connect(message) {
    const from = this.boxes.get(message.sourceRef), to = this.boxes.get(message.targetRef);
    if (!from || !to) return;
    const narrow = from.width > to.width ? to : from;
    const x = narrow.x + narrow.width / 2, isDown = from.y < to.y;
    this.edge(message, [[x, isDown ? from.y + from.height : from.y], [x, isDown ? to.y : to.y + to.height]]);
  }
}
