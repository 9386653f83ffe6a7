// The page on which a decision table is edited. Loaded by that page only.
import "./decisions/decision_table.css";
import { Findings } from "./decisions/findings.js";
import { Grid } from "./decisions/grid.js";
import { Table } from "./decisions/table.js";

const page = document.querySelector("[data-decision-table]");
const { words, kinds, policies, state: given } = JSON.parse(page.dataset.decisionTable);
const part = name => page.querySelector(`[data-part="${name}"]`);
const button = name => page.querySelector(`[data-do="${name}"]`);

let state = given;
let saving = null;
const table = new Table(state.table);
const grid = new Grid(part("table"), { table, words, kinds, icons: page.dataset.icons });
const findings = new Findings(part("findings"), { table, grid, words });
const policy = part("policy");
const conflict = part("conflict");

function show(name, text) {
  page.dataset.saving = name;
  part("state").textContent = text || words[name].replace("%(time)s", state.savedAt);
}

function refresh() {
  button("undo").disabled = !table.canUndo;
  button("redo").disabled = !table.canRedo;
  button("save").disabled = !table.isDirty;
  if (!saving && page.dataset.saving !== "conflict") show(table.isDirty ? "unsaved" : "saved");
}

function showPolicy() {
  const known = policies.some(([name]) => name === table.policyName);
  const choices = known ? policies : [[table.policyName, table.policyName], ...policies];
  policy.replaceChildren(...choices.map(([name, text]) => new Option(text === name ? name : `${text} (${name})`, name, false, name === table.policyName)));
}

function redraw() {
  showPolicy();
  grid.draw();
  findings.mark();
  refresh();
}

async function send(asNew) {
  show("saving");
  const sent = table.sent();
  const body = new FormData();
  body.set("table", new Blob([JSON.stringify(sent.content)], { type: "application/json" }), "table.json");
  body.set("read_revision", state.revision);
  if (asNew) {
    body.set("as_new", "yes");
    body.set("file", new Blob([Uint8Array.from(atob(state.file), letter => letter.charCodeAt(0))]), "table.dmn");
  }
  let answer, told;
  try {
    answer = await fetch(state.saveUrl, { method: "POST", body, headers: { "X-CSRFToken": page.dataset.token, Accept: "application/json" } });
    told = /json/.test(answer.headers.get("Content-Type") ?? "") ? await answer.json() : null;
  } catch {
    return show("offline");
  }
  if (!told) return show(answer.status >= 500 ? "offline" : "signed_out");
  if (answer.status === 409) {
    show("conflict");
    conflict.querySelector("[data-said]").textContent = told.message;
    if (!conflict.open) conflict.showModal();
    return undefined;
  }
  if (!answer.ok) return show("refused", told.message);
  state = told;
  table.saved(sent);
  part("version").textContent = state.version;
  for (const link of page.querySelectorAll("[data-map-link]")) link.href = state.mapUrl;
  history.replaceState(null, "", state.editUrl);
  findings.told(state.findings);
  return show(table.isDirty ? "unsaved" : "saved");
}

async function save({ asNew = false } = {}) {
  if (saving || (!table.isDirty && !asNew)) return;
  table.commit();
  saving = send(asNew);
  await saving;
  saving = null;
  button("save").disabled = !table.isDirty;
}

const actions = {
  undo: () => table.undo() && redraw(),
  redo: () => table.redo() && redraw(),
  save,
  add_rule: () => grid.addRule(table.rows.length),
  add_input: () => grid.addColumn("inputs"),
  add_output: () => grid.addColumn("outputs"),
};

grid.onChange = refresh;
grid.onDrawn = redraw;
page.addEventListener("click", event => {
  const pressed = event.target.closest("[data-do]");
  if (pressed && !pressed.disabled) actions[pressed.dataset.do]();
});
policy.addEventListener("change", () => {
  table.policyName = policy.value;
  table.commit();
  refresh();
});
conflict.addEventListener("cancel", event => event.preventDefault()); // one of the two has to be chosen
conflict.addEventListener("click", async event => {
  const choice = event.target.closest("[data-choice]")?.dataset.choice;
  if (choice === "mine") {
    conflict.close();
    await save({ asNew: true });
  } else if (choice === "theirs") {
    table.forget();
    location.reload();
  }
});
document.addEventListener("keydown", event => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.code !== "KeyS") return;
  event.preventDefault();
  if (page.dataset.saving === "conflict" && !conflict.open) conflict.showModal();
  else save();
});
window.addEventListener("beforeunload", event => table.isDirty && event.preventDefault());

redraw();
findings.told(state.findings);
page.dataset.state = "shown";
