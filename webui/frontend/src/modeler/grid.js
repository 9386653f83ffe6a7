// Puts the steps of one process into columns and rows: a column further with every arrow, a row for every branch, lanes
// one below the other. Arrows that lead back run above.
const SIZES = { Activity: [100, 80], Gateway: [50, 50], Event: [36, 36] };
const COLUMN_GAP = 60;
const ROW_GAP = 50;
const INSIDE = 40; // around the steps of a sub-process
const DETOUR = 18; // beside a row, where no step stands

const isA = (node, type) => node.$instanceOf(`bpmn:${type}`);
const isGuest = node => Boolean(node.attachedToRef);
const flowsOf = scope => (scope.flowElements ?? []).filter(one => isA(one, "SequenceFlow") && one.sourceRef && one.targetRef);
const nodesOf = scope => (scope.flowElements ?? []).filter(one => isA(one, "FlowNode"));

// {shapes: [{element, x, y, width, height}], edges: [{element, points}], width, laneHeights} from the corner (0, 0).
export function grid(scope, lanes = []) {
  const nodes = nodesOf(scope), flows = flowsOf(scope);
  const inner = new Map(nodes.filter(one => isA(one, "SubProcess") && nodesOf(one).length).map(one => [one, grid(one)]));
  const laneOf = node => Math.max(0, lanes.findIndex(lane => lane.flowNodeRef?.includes(node)));
  const cells = cellsOf(nodes, flows, laneOf);
  const sizeOf = node => {
    const within = inner.get(node);
    if (within) return [within.width + 2 * INSIDE, sum(within.laneHeights) + 2 * INSIDE];
    return SIZES[Object.keys(SIZES).find(type => isA(node, type))] ?? SIZES.Activity;
  };
  const boxes = boxesOf(nodes, cells, sizeOf, Math.max(1, lanes.length));
  const shapes = [], edges = [];
  for (const node of nodes) {
    const box = boxes.of.get(node), within = inner.get(node);
    shapes.push({ element: node, ...box, isExpanded: Boolean(within) });
    for (const part of within?.shapes ?? []) shapes.push({ ...part, x: part.x + box.x + INSIDE, y: part.y + box.y + INSIDE });
    for (const part of within?.edges ?? []) edges.push({ ...part, points: part.points.map(([x, y]) => [x + box.x + INSIDE, y + box.y + INSIDE]) });
  }
  for (const flow of flows) edges.push({ element: flow, points: wayOf(flow, boxes, cells) });
  return { shapes, edges, width: boxes.width, laneHeights: boxes.laneHeights };
}

const sum = numbers => numbers.reduce((total, one) => total + one, 0);
const hostOf = node => node.attachedToRef ?? node;

function cellsOf(nodes, flows, laneOf) {
  const after = new Map(nodes.map(node => [node, []]));
  for (const flow of flows) after.get(hostOf(flow.sourceRef))?.push(flow);
  const entered = new Set(flows.map(flow => flow.targetRef));
  const free = nodes.filter(node => !isGuest(node));
  const entries = [...free.filter(node => isA(node, "StartEvent")), ...free.filter(node => !entered.has(node)), ...free];
  const order = [], back = new Set(), state = new Map();
  const visit = node => {
    state.set(node, "open");
    order.push(node);
    for (const flow of after.get(node)) {
      if (state.get(flow.targetRef) === "open") back.add(flow);
      else if (!state.has(flow.targetRef)) visit(flow.targetRef);
    }
    state.set(node, "done");
  };
  for (const node of entries) if (!state.has(node)) visit(node);

  const before = new Map(nodes.map(node => [node, []]));
  for (const flow of flows) if (!back.has(flow)) before.get(flow.targetRef).push(flow);
  const columns = new Map();
  const column = node => {
    if (!columns.has(node)) columns.set(node, Math.max(-1, ...before.get(node).map(flow => column(hostOf(flow.sourceRef)))) + 1);
    return columns.get(node);
  };
  const taken = new Set(), rows = new Map();
  const key = (lane, at, row) => `${lane}/${at}/${row}`;
  for (const node of [...order].sort((a, b) => column(a) - column(b))) {
    const lane = laneOf(node), flow = before.get(node).find(one => rows.has(hostOf(one.sourceRef)));
    const from = flow && hostOf(flow.sourceRef);
    const near = from && laneOf(from) === lane;
    let row = near ? rows.get(from) + (isGuest(flow.sourceRef) ? 1 : 0) : 0;
    const first = near ? column(from) + 1 : column(node);
    const between = () => Array.from({ length: column(node) - first + 1 }, (_, step) => key(lane, first + step, row));
    while (between().some(cell => taken.has(cell))) row += 1;
    for (const cell of between()) taken.add(cell);
    rows.set(node, row);
  }
  return { back, of: node => ({ lane: laneOf(node), column: column(node), row: rows.get(node) }) };
}

function boxesOf(nodes, cells, sizeOf, laneCount) {
  const free = nodes.filter(node => !isGuest(node));
  const widths = [], heights = Array.from({ length: laneCount }, () => [0]);
  for (const node of free) {
    const { lane, column, row } = cells.of(node), [width, height] = sizeOf(node);
    widths[column] = Math.max(widths[column] ?? 0, width);
    heights[lane][row] = Math.max(heights[lane][row] ?? 0, height, 80);
  }
  const laneHeights = heights.map(rows => ROW_GAP + sum(Array.from(rows, height => (height ?? 0) + ROW_GAP)));
  const of = new Map();
  for (const node of free) {
    const { lane, column, row } = cells.of(node), [width, height] = sizeOf(node);
    const left = sum(Array.from(widths.slice(0, column), one => (one ?? 0) + COLUMN_GAP));
    const top = sum(laneHeights.slice(0, lane)) + ROW_GAP + sum(Array.from(heights[lane].slice(0, row), one => (one ?? 0) + ROW_GAP));
    const box = { x: left + (widths[column] - width) / 2, y: top + (heights[lane][row] - height) / 2, width, height, rowTop: top, rowBottom: top + heights[lane][row] };
    of.set(node, box);
    const guests = nodes.filter(one => one.attachedToRef === node);
    guests.forEach((guest, index) => {
      const [w, h] = sizeOf(guest);
      of.set(guest, { ...box, x: box.x + (box.width * (index + 1)) / (guests.length + 1) - w / 2, y: box.y + box.height - h / 2, width: w, height: h });
    });
  }
  return { of, laneHeights, width: Math.max(0, ...[...of.values()].map(box => box.x + box.width)) };
}

const middleX = box => box.x + box.width / 2;
const middleY = box => box.y + box.height / 2;

function wayOf(flow, boxes, cells) {
  const source = flow.sourceRef, target = flow.targetRef;
  const from = boxes.of.get(source), to = boxes.of.get(target);
  const y = middleY(from), toY = middleY(to);
  if (cells.back.has(flow)) {
    const above = Math.min(from.rowTop, to.rowTop) - DETOUR;
    const isCovered = [...boxes.of].some(([node, box]) => node !== source && !isGuest(node) && box.y > above && box.y < from.y
      && box.x < middleX(from) && box.x + box.width > middleX(from));
    const beside = from.x + from.width + COLUMN_GAP / 3;
    if (isCovered) return [[from.x + from.width, y], [beside, y], [beside, above], [middleX(to), above], [middleX(to), to.y]];
    return [[middleX(from), from.y], [middleX(from), above], [middleX(to), above], [middleX(to), to.y]];
  }
  if (isGuest(source)) return [[middleX(from), from.y + from.height], [middleX(from), toY], [to.x, toY]];
  const isClear = [...boxes.of].every(([node, box]) => node === source || node === target || isGuest(node)
    || middleX(box) < from.x || middleX(box) > to.x + to.width || box.y > y || box.y + box.height < y);
  if (Math.abs(y - toY) < 1) {
    if (isClear) return [[from.x + from.width, y], [to.x, toY]];
    const below = from.rowBottom + DETOUR;
    return [[middleX(from), from.y + from.height], [middleX(from), below], [middleX(to), below], [middleX(to), to.y + to.height]];
  }
  const down = toY > y;
  if (isA(source, "Gateway") && !isA(target, "Gateway")) return [[middleX(from), down ? from.y + from.height : from.y], [middleX(from), toY], [to.x, toY]];
  if (isA(target, "Gateway") && isClear) return [[from.x + from.width, y], [middleX(to), y], [middleX(to), down ? to.y : to.y + to.height]];
  const bend = from.x + from.width + COLUMN_GAP / 3;
  return [[from.x + from.width, y], [bend, y], [bend, toY], [to.x, toY]];
}
