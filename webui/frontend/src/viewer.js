// Shows a sales map read-only in each element with data-bpmn-url:
//   data-walked, data-current, data-overdue   JSON lists of element ids, marked on the drawing
//   data-failing, data-failure                a JSON list of element ids that failed, and what is said of them
//   data-findings                             JSON list of {element, severity, text}: a badge on each element
// A click on [data-element="id"] anywhere on the page shows and highlights that element; a click on a badge or on an
// element of the drawing chooses its row there. The event map:light, with an id, highlights without moving the page.
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./viewer.css";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { getBBox } from "diagram-js/lib/util/Elements";
import { byElement, mapBadge } from "./map_badge.js";
import { hasDrawing } from "./modeler/drawing.js";
import { SIGN_SCALE, showMarks } from "./viewer_marks.js";

const MARKERS = { walked: "is-walked", current: "is-current", overdue: "is-overdue" };
const FIT_MARGIN = 0.02; // of the frame's width: on a phone the signs must not come too close for a finger
const PAPER_WIDTH = 640; // pixels of CSS between the margins of an A4 sheet
const READABLE_SCALE = 0.55;
const SHOWN_SCALE = 0.8;
const PAN_STEP = 60;
const ZOOM_STEP = 1.25;
const CHOSEN = "is-chosen";

const chosen = new WeakMap(); // the element that was chosen last, by viewer

const list = (dataset, name) => JSON.parse(dataset[name] || "[]");

function mark(viewer, dataset) {
  const canvas = viewer.get("canvas"), elements = viewer.get("elementRegistry");
  for (const [name, marker] of Object.entries(MARKERS)) {
    for (const id of list(dataset, name)) {
      if (elements.get(id)) canvas.addMarker(id, marker);
    }
  }
}

function highlight(viewer, id) {
  const canvas = viewer.get("canvas"), elements = viewer.get("elementRegistry");
  const previous = chosen.get(viewer);
  if (previous && elements.get(previous)) canvas.removeMarker(previous, CHOSEN);
  if (elements.get(id)) canvas.addMarker(id, CHOSEN);
  chosen.set(viewer, id);
  for (const row of document.querySelectorAll("[data-element]")) row.classList.toggle(CHOSEN, row.dataset.element === id);
}

// Chooses what is said about an element, beside the drawing. The drawing itself must stay in sight.
function chooseRow(viewer, id, { focus = false } = {}) {
  const row = document.querySelector(`[data-element="${CSS.escape(id)}"]`);
  if (!row) return;
  highlight(viewer, id);
  row.closest("details.move-target")?.setAttribute("open", "");
  if (row.closest(".findings-scroll")) row.scrollIntoView({ block: "nearest" });
  if (focus) row.focus({ preventScroll: true });
}

function showFindings(viewer, dataset) {
  const overlays = viewer.get("overlays"), elements = viewer.get("elementRegistry");
  for (const [id, findings] of byElement(list(dataset, "findings"))) {
    if (!id || !elements.get(id)) continue;
    const badge = mapBadge(findings, () => chooseRow(viewer, id, { focus: true }));
    overlays.add(id, { position: { top: -10, right: 12 }, scale: SIGN_SCALE, html: badge });
  }
}

function showFailing(viewer, dataset) {
  const failing = list(dataset, "failing").map(element => ({ element, mark: "failing", text: dataset.failure }));
  showMarks(viewer, failing, id => chooseRow(viewer, id, { focus: true }));
}

// The whole map, with room at its edges for the signs on its elements, for the buttons above it and the mark below.
function fit(viewer) {
  const canvas = viewer.get("canvas");
  const { inner, outer } = canvas.viewbox();
  if (!inner.width || !inner.height) return;
  const margin = FIT_MARGIN * outer.width;
  const scale = Math.min(1, (outer.width - 2 * margin) / inner.width, (outer.height - 2 * margin) / inner.height);
  const width = outer.width / scale, height = outer.height / scale;
  canvas.viewbox({
    x: inner.x + (inner.width - width) / 2, y: inner.y + (inner.height - height) / 2, width, height,
  });
}

// On paper the whole map, in the left part that a sheet has room for; afterwards what was looked at.
function showWholeOnPaper(viewer) {
  const canvas = viewer.get("canvas");
  let seen = null;
  window.addEventListener("beforeprint", () => {
    seen = canvas.viewbox();
    const { inner, outer } = seen;
    if (!inner.width || !outer.width) return;
    const width = inner.width * outer.width / Math.min(outer.width, PAPER_WIDTH);
    canvas.viewbox({ x: inner.x, y: inner.y, width, height: inner.height });
  });
  window.addEventListener("afterprint", () => { if (seen) canvas.viewbox(seen); });
}

function showElement(viewer, id) {
  const canvas = viewer.get("canvas"), element = viewer.get("elementRegistry").get(id);
  if (!element) return;
  if (canvas.zoom() < READABLE_SCALE) canvas.zoom(SHOWN_SCALE);
  canvas.scrollToElement(element, 120);
}

function centre(viewer, id) {
  const canvas = viewer.get("canvas"), element = viewer.get("elementRegistry").get(id);
  if (!element) return;
  canvas.zoom(SHOWN_SCALE);
  const { x, y, width, height } = getBBox(element), { width: shownWidth, height: shownHeight } = canvas.viewbox();
  canvas.viewbox({
    x: x + width / 2 - shownWidth / 2, y: y + height / 2 - shownHeight / 2, width: shownWidth, height: shownHeight,
  });
}

// A map that would be too small to read opens where it failed, else where the deal stands now.
function openAtCurrent(viewer, dataset) {
  fit(viewer);
  const [current] = ["failing", "overdue", "current"].flatMap(name => list(dataset, name));
  if (current && viewer.get("canvas").zoom() < READABLE_SCALE) centre(viewer, current);
}

// What is folded away, or has left the page meanwhile, has no size that a drawing could be fitted into.
function whenItHasASize(container, act) {
  const hasSize = () => container.clientWidth > 0 && container.clientHeight > 0;
  if (hasSize()) {
    act();
    return;
  }
  const observer = new ResizeObserver(() => {
    if (!hasSize()) return;
    observer.disconnect();
    act();
  });
  observer.observe(container);
}

function zoomBy(viewer, factor) {
  const canvas = viewer.get("canvas");
  canvas.zoom(Math.min(4, Math.max(0.15, canvas.zoom() * factor)), "auto");
}

function listenToKeys(viewer, container) {
  const pan = (dx, dy) => viewer.get("canvas").scroll({ dx, dy });
  const actions = {
    ArrowLeft: () => pan(PAN_STEP, 0), ArrowRight: () => pan(-PAN_STEP, 0),
    ArrowUp: () => pan(0, PAN_STEP), ArrowDown: () => pan(0, -PAN_STEP),
    "+": () => zoomBy(viewer, ZOOM_STEP), "=": () => zoomBy(viewer, ZOOM_STEP), "-": () => zoomBy(viewer, 1 / ZOOM_STEP),
    0: () => openAtCurrent(viewer, container.dataset),
  };
  container.addEventListener("keydown", event => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
  const frame = container.closest(".map-frame");
  for (const [name, act] of [["in", actions["+"]], ["out", actions["-"]], ["fit", () => fit(viewer)]]) {
    frame?.querySelector(`[data-map-zoom="${name}"]`)?.addEventListener("click", act);
  }
}

// The wheel scrolls the page past a map, and the map only once somebody is in it.
function leaveTheWheelToThePage(viewer, container) {
  const wheel = viewer.get("zoomScroll");
  wheel.toggle(false);
  container.addEventListener("focusin", () => wheel.toggle(true));
  container.addEventListener("mousedown", () => container.focus({ preventScroll: true }));
  container.addEventListener("focusout", () => wheel.toggle(false));
}

async function show(container, asked) {
  container.dataset.state = "loading";
  const viewer = new NavigatedViewer({ container });
  try {
    const response = await fetch(container.dataset.bpmnUrl);
    if (!response.ok) throw new Error(`${response.status} ${container.dataset.bpmnUrl}`);
    const xml = await response.text();
    if (!hasDrawing(xml)) {
      container.dataset.state = "undrawn";
      return;
    }
    await viewer.importXML(xml);
    mark(viewer, container.dataset);
    showFindings(viewer, container.dataset);
    showFailing(viewer, container.dataset);
    showMarks(viewer, list(container.dataset, "marks"), id => chooseRow(viewer, id, { focus: true }));
    whenItHasASize(container, () => openAtCurrent(viewer, container.dataset));
    showWholeOnPaper(viewer);
    listenToKeys(viewer, container);
    leaveTheWheelToThePage(viewer, container);
    const bringIntoView = id => {
      showElement(viewer, id);
      highlight(viewer, id);
      container.scrollIntoView({ block: "nearest" });
    };
    document.addEventListener("click", event => {
      const row = event.target.closest("[data-element]");
      if (row && container.isConnected) bringIntoView(row.dataset.element);
    });
    if (viewer.get("elementRegistry").get(asked())) bringIntoView(asked());
    document.addEventListener("map:light", ({ detail }) => {
      if (!container.isConnected) return;
      showElement(viewer, detail);
      highlight(viewer, detail);
    });
    viewer.get("eventBus").on("element.click", ({ element }) => chooseRow(viewer, element.id.replace(/_label$/, "")));
    container.dataset.state = "shown";
  } catch (error) {
    container.dataset.state = "failed";
    console.error(error);
  }
}

// ``asked`` tells the id of the element that was to be shown before a diagram was there.
export function showAll(root, asked) {
  for (const container of root.querySelectorAll("[data-bpmn-url]:not([data-state])")) show(container, asked);
}
