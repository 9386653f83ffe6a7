// The page on which a sales map is drawn. Loaded by that page only.
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "bpmn-js/dist/assets/bpmn-font/css/bpmn.css";
import "./modeler/modeler.css";
import Modeler from "bpmn-js/lib/Modeler";
import { clipboardModule } from "./modeler/clipboard.js";
import { hasDrawing } from "./modeler/drawing.js";
import { asWritten, coded, readable } from "./modeler/ids.js";
import { exportDrawing } from "./modeler/exports.js";
import { commentsIn, losses, withHead } from "./modeler/losses.js";
import { Panel } from "./modeler/panel.js";
import { Presence } from "./modeler/presence.js";
import { copyModule, Properties } from "./modeler/properties.js";
import { Remarks } from "./modeler/remarks.js";
import { saidOf } from "./modeler/said.js";
import { Saving } from "./modeler/saving.js";
import { nameButtons, simulationModule, toggleSimulation } from "./modeler/simulation.js";
import { translationModule } from "./modeler/translation.js";
import { typeNamesModule } from "./modeler/type_names.js";

const MARGIN = 30;

const page = document.querySelector("[data-modeler]");
const setup = JSON.parse(page.dataset.modeler);
const { words } = setup;
const token = page.dataset.token;
const part = name => page.querySelector(`[data-part-of-page="${name}"]`);

let original = "";
let understood = {};

const modeler = new Modeler({
  container: part("canvas"),
  additionalModules: [translationModule(setup.locale), copyModule, clipboardModule, typeNamesModule, simulationModule],
});
const properties = new Properties(modeler, setup.property_words);
const panel = new Panel(modeler, part("form"), { properties, understood: () => understood, words, processId: coded(setup.state.key) });
const remarks = new Remarks(modeler, {
  codes: setup.codes, said: saidOf(properties, () => understood), box: part("remarks"), words,
});
const saving = new Saving(modeler, {
  state: setup.state, token, xml: currentXml, flush: () => panel.flush(), show: showState, onSaved, onConflict,
});

async function currentXml() {
  return withHead(original, asWritten((await modeler.saveXML({ format: true })).xml));
}

async function drawingFrom(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer.text();
}

// The whole map, right of the palette, never larger than life.
function fit() {
  const canvas = modeler.get("canvas");
  const { inner, outer } = canvas.viewbox();
  const palette = part("canvas").querySelector(".djs-palette")?.offsetWidth ?? 0;
  const left = palette ? palette + 2 * MARGIN : MARGIN;
  const scale = Math.min(1, (outer.width - left - MARGIN) / inner.width, (outer.height - 2 * MARGIN) / inner.height);
  if (!(scale > 0)) return;
  const spare = outer.height / scale - inner.height;
  canvas.viewbox({ x: inner.x - left / scale, y: inner.y - spare / 2, width: outer.width / scale, height: outer.height / scale });
}

// Opens a file and asks at once whether all of it would be written back.
async function open(xml) {
  original = xml;
  const read = readable(xml);
  const isDrawn = hasDrawing(xml);
  const { warnings } = await modeler.importXML(isDrawn ? read : await (await import("./modeler/layout.js")).withDrawing(read));
  const lost = losses(xml, await currentXml());
  showLosses(lost, warnings.map(warning => warning.message), commentsIn(xml) - commentsIn(await currentXml()));
  saving.isClean();
  saving.isHeld = lost.length > 0;
  part("undrawn").hidden = isDrawn;
  if (!saving.isHeld) showState("saved");
  if (!isDrawn && !saving.isHeld) saving.changed();
  told(setup.state);
  modeler.get("canvas").resized(); // notices above it have taken room
  fit();
}

// What the server read of the map. Where the owner has said nothing at a step, it follows from the drawing.
function told(state) {
  const registry = modeler.get("elementRegistry");
  understood = Object.fromEntries(Object.entries(state.understood).map(([id, read]) => [coded(id), read]));
  for (const [id, read] of Object.entries(understood)) {
    const own = registry.get(id) ? properties.read(registry.get(id).businessObject) : {};
    for (const key of ["stage", "deadline", "responsible"]) read[`${key}_drawn`] = Boolean(read[key] && !own[key]);
  }
  panel.refresh();
  if (!saving.isDirty) remarks.told(state.findings.map(finding => ({ ...finding, element: coded(finding.element) })));
}

function showLosses(lost, warnings, comments) {
  const box = part("losses");
  box.hidden = !lost.length;
  part("lost").replaceChildren(...lost.slice(0, 40).map(text => Object.assign(document.createElement("li"), { textContent: text })));
  const quiet = [...warnings, ...(comments > 0 ? [words.comments.replace("%(count)s", comments)] : [])];
  part("warnings").hidden = !quiet.length;
  part("warning-list").replaceChildren(...quiet.slice(0, 40).map(text => Object.assign(document.createElement("li"), { textContent: text })));
  if (lost.length) showState("held");
}

function showState(state, text) {
  page.dataset.saving = state;
  const said = { saved: words.saved.replace("%(time)s", saving.state.savedAt), refused: text };
  part("state").textContent = said[state] ?? words[state];
}

function onSaved(state) {
  told(state);
  part("undrawn").hidden = true;
  part("title").textContent = state.title;
  part("version").textContent = state.version;
  for (const link of page.querySelectorAll("[data-map-link]")) link.href = state.mapUrl;
  if (location.pathname !== new URL(state.editUrl, location).pathname) history.replaceState(null, "", state.editUrl);
}

// ---- two people -------------------------------------------------------------------------------------------------

const conflict = part("conflict");

function onConflict({ message }) {
  conflict.querySelector("[data-said]").textContent = message;
  conflict.querySelector("[data-difference]").replaceChildren();
  if (!conflict.open) conflict.showModal();
}

// The page opens anew with what the server has; what was drawn here is given up knowingly.
function takeTheirs() {
  saving.isClean();
  location.reload();
}

conflict.addEventListener("cancel", event => event.preventDefault()); // one of the three has to be chosen
conflict.addEventListener("click", async event => {
  const choice = event.target.closest("[data-choice]")?.dataset.choice;
  if (choice === "difference") {
    const { difference } = await import("./modeler/difference.js");
    const lines = await difference(await drawingFrom(saving.state.drawingUrl), await currentXml());
    conflict.querySelector("[data-difference]").replaceChildren(...(lines.length ? lines : [{ kind: "none", name: "" }]).map(({ kind, name }) =>
      Object.assign(document.createElement("li"), { textContent: words[`difference_${kind}`].replace("%(name)s", name) })));
  } else if (choice === "mine") {
    conflict.close();
    await saving.save({ asNew: true });
  } else if (choice === "theirs") {
    takeTheirs();
  }
});

new Presence({
  state: () => saving.state, token,
  onTold: seen => {
    part("others").hidden = !seen.others.length;
    part("others-names").textContent = seen.others.join(", ");
    const isNewer = seen.revision !== saving.state.revision && !saving.running && !conflict.open;
    part("newer").hidden = !isNewer || saving.isDirty;
    part("newer-said").textContent = seen.said;
  },
});
part("newer").querySelector("button").addEventListener("click", takeTheirs);

// ---- buttons and keys ---------------------------------------------------------------------------------------------

let beforeTidying = ""; // the file before it was drawn anew, until something else is changed

async function drawAnew(xml, undoneBy) {
  await modeler.importXML(xml);
  fit();
  beforeTidying = undoneBy;
  saving.changed();
  remarks.later();
  showWhatCanBeUndone();
}

async function arrange() {
  panel.flush();
  const before = readable(await currentXml());
  const { withDrawing } = await import("./modeler/layout.js");
  await drawAnew(await withDrawing(before), before);
}

function undo() {
  if (modeler.get("commandStack").canUndo()) modeler.get("commandStack").undo();
  else if (beforeTidying) drawAnew(beforeTidying, "");
}

function showWhatCanBeUndone() {
  const stack = modeler.get("commandStack");
  page.querySelector("[data-do=undo]").disabled = !stack.canUndo() && !beforeTidying;
  page.querySelector("[data-do=redo]").disabled = !stack.canRedo();
}

async function exportAs(format) {
  panel.flush();
  await exportDrawing(modeler, await currentXml(), part("title").textContent.trim(), format);
}

// Two people's changes wait for a decision first.
function saveNow() {
  if (page.dataset.saving === "conflict" && !conflict.open) conflict.showModal();
  else saving.save();
}

// The version as it came stays as it is; what is drawn goes into a new draft.
async function goWithout() {
  await saving.save({ asNew: true });
  part("losses").hidden = !saving.isHeld;
}

const actions = {
  go_without: goWithout,
  undo,
  redo: () => modeler.get("commandStack").canRedo() && modeler.get("commandStack").redo(),
  save: saveNow,
  fit,
  arrange,
  simulate: () => {
    const isOn = toggleSimulation(modeler, page.querySelector("[data-do=simulate]"));
    page.classList.toggle("is-played", isOn);
  },
  keys: () => part("keys").showModal(),
  find: () => modeler.get("searchPad").toggle(),
};

page.addEventListener("click", event => {
  const button = event.target.closest("[data-do], [data-export]");
  if (!button || button.disabled) return;
  if (button.dataset.export) exportAs(button.dataset.export);
  else {
    panel.flush();
    actions[button.dataset.do]();
  }
});

document.addEventListener("keydown", event => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.code === "KeyS") saveNow();
  else return;
  event.preventDefault();
});

modeler.on("commandStack.changed", showWhatCanBeUndone);

nameButtons(part("canvas"), words);

remarks.onCounted = (count, hasErrors) => {
  const badge = part("remark-count");
  badge.textContent = count;
  badge.hidden = !count;
  badge.classList.toggle("bg-red", hasErrors);
};

try {
  await open(await drawingFrom(saving.state.drawingUrl));
  page.dataset.state = "shown";
} catch (error) {
  page.dataset.state = "failed";
  part("failed").hidden = false;
  console.warn(error);
}
