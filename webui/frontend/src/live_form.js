// A form whose fields depend on each other: the server says which apply and what is calculated, as it is typed.
//   <form data-live-form="/work-items/12/form"><div data-field="discount">…<output data-calculated="total">…
const DELAY_MS = 250;
const timers = new WeakMap();
const asked = new WeakMap();

const find = (root, attribute, value) => [...root.querySelectorAll(`[${attribute}]`)].find(one => one.getAttribute(attribute) === value);

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function showTable(form, name, { lines, totals }) {
  const table = find(form, "data-lines", name);
  if (!table) return;
  [...table.querySelectorAll("tbody > [data-line]")].forEach((line, place) => {
    for (const [column, text] of Object.entries(lines[place] ?? {})) write(find(line, "data-cell", column), text);
  });
  for (const cell of table.querySelectorAll("tfoot [data-total]")) {
    const total = document.createElement("strong");
    total.textContent = totals[Number(cell.dataset.total)] ?? "";
    cell.replaceChildren(total);
  }
}

function show(form, state) {
  const hidden = new Set(state.hidden);
  for (const field of form.querySelectorAll("[data-field]")) field.hidden = hidden.has(field.dataset.field);
  for (const [name, text] of Object.entries(state.calculated)) write(find(form, "data-calculated", name), text);
  for (const [name, table] of Object.entries(state.tables)) showTable(form, name, table);
}

async function ask(form) {
  const turn = (asked.get(form) ?? 0) + 1;
  asked.set(form, turn);
  try {
    const response = await fetch(form.dataset.liveForm, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } });
    if (response.ok && form.isConnected && asked.get(form) === turn) show(form, await response.json());
  } catch {
    // Without a connection the form stays as it is; the server looks again when it is sent.
  }
}

function soon(event) {
  const form = event.target.closest?.("form[data-live-form]") ?? event.target.form;
  if (!form?.dataset.liveForm) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => form.isConnected && ask(form), DELAY_MS));
}

for (const kind of ["input", "draft-restored"]) document.addEventListener(kind, soon);

// A line of the summary over a form leads into the field, and not only to it.
document.addEventListener("click", event => {
  const link = event.target.closest?.("[data-leads-to]");
  const field = link && document.getElementById(link.dataset.leadsTo);
  if (!field) return;
  event.preventDefault();
  const input = field.matches("fieldset") ? field.querySelector("input:not([type=hidden]), select, textarea") ?? field : field;
  input.scrollIntoView({ block: "center" });
  input.focus({ preventScroll: true });
});
