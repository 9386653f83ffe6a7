// Tables of lines in a form: lines are added, removed, walked by Enter and arrows, and pasted from a spreadsheet.
//   <div data-lines="goods"><table><tbody><tr data-line>…</tr></tbody></table><button data-add-line>…<template>…</template></div>
import { parseTable } from "./clipboard_table.js";

const MOST_LINES = 500;

const tableOf = element => element.closest?.("[data-lines]");
const linesOf = table => [...table.querySelectorAll("tbody > [data-line]")];
const inputsOf = line => [...line.querySelectorAll("input, select")];

function tell(table, text) {
  table.querySelector("[data-lines-told]").textContent = text;
}

function changed(table) {
  table.dispatchEvent(new Event("input", { bubbles: true }));
}

const namedIn = line => [...line.querySelectorAll("input, select, button")];

// Places are counted without gaps, so that what is kept of a form finds its line again.
function number(table) {
  const blank = table.querySelector("template").content.querySelector("[data-line]");
  const models = namedIn(blank);
  linesOf(table).forEach((line, place) => {
    namedIn(line).forEach((element, at) => {
      for (const attribute of ["name", "id", "aria-label"]) {
        const model = models[at].getAttribute(attribute);
        if (model) element.setAttribute(attribute, model.replaceAll("__line__", String(place)).replaceAll("__number__", String(place + 1)));
      }
    });
  });
}

function addLine(table) {
  if (linesOf(table).length >= MOST_LINES) return null;
  const line = table.querySelector("template").content.querySelector("[data-line]").cloneNode(true);
  table.querySelector("tbody").append(line);
  number(table);
  return line;
}

function focusIn(line) {
  inputsOf(line)[0]?.focus();
}

function removeLine(table, line) {
  const lines = linesOf(table);
  const at = lines.indexOf(line);
  line.remove();
  number(table);
  const left = linesOf(table);
  if (left.length) (left[Math.min(at, left.length - 1)].querySelector("[data-remove-line]")).focus();
  else focusIn(addLine(table));
  tell(table, table.querySelector("[data-lines-told]").dataset.removed);
  changed(table);
}

// A select takes the label or the value; a box says yes to any word but an empty one, "0" and "no".
function put(input, text) {
  const wanted = text.trim();
  if (input.type === "checkbox") input.checked = wanted !== "" && !/^(0|ні|no|false|-)$/i.test(wanted);
  else if (input.localName === "select") {
    const folded = wanted.toLocaleLowerCase();
    const option = [...input.options].find(one => [one.text, one.value].some(known => known.toLocaleLowerCase() === folded));
    input.value = option?.value ?? "";
  } else if (input.type === "date" || input.type === "datetime-local") {
    input.value = wanted.replace(/^(\d{1,2})[./](\d{1,2})[./](\d{4})/, (_, day, month, year) => `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`).replace(" ", "T");
  } else input.value = wanted;
}

function paste(table, input, rows) {
  let line = input.closest("[data-line]");
  const column = inputsOf(line).indexOf(input);
  let count = 0;
  for (const row of rows) {
    line ??= addLine(table);
    if (!line) break;
    const inputs = inputsOf(line).slice(column);
    row.slice(0, inputs.length).forEach((text, place) => put(inputs[place], text));
    line = line.nextElementSibling;
    count += 1;
  }
  const told = table.querySelector("[data-lines-told]");
  tell(table, `${told.dataset.pasted} ${count}`);
  changed(table);
}

function moveTo(line, column) {
  const input = inputsOf(line)[column];
  input?.focus();
  input?.select?.();
}

document.addEventListener("click", event => {
  const adds = event.target.closest?.("[data-add-line]");
  const removes = event.target.closest?.("[data-remove-line]");
  if (!adds && !removes) return;
  const table = tableOf(event.target);
  if (removes) return removeLine(table, removes.closest("[data-line]"));
  const line = addLine(table);
  if (!line) return;
  focusIn(line);
  tell(table, table.querySelector("[data-lines-told]").dataset.added);
});

document.addEventListener("keydown", event => {
  const table = tableOf(event.target);
  const line = table && event.target.matches("input, select") && event.target.closest("[data-line]");
  if (!line || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const column = inputsOf(line).indexOf(event.target);
  if (event.key === "Enter") moveTo(line.nextElementSibling ?? addLine(table) ?? line, column);
  else if (event.target.matches("select, [type=date], [type=datetime-local]")) return;
  else if (event.key === "ArrowDown" && line.nextElementSibling) moveTo(line.nextElementSibling, column);
  else if (event.key === "ArrowUp" && line.previousElementSibling) moveTo(line.previousElementSibling, column);
  else return;
  event.preventDefault();
});

document.addEventListener("paste", event => {
  const table = tableOf(event.target);
  if (!table || !event.target.matches("input")) return;
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!/[\t\n]/.test(text.replace(/\r?\n$/, ""))) return;
  event.preventDefault();
  paste(table, event.target, parseTable(text));
});

// A kept draft may have more lines than the page came with, or fewer.
document.addEventListener("draft-restoring", event => {
  for (const table of event.target.querySelectorAll("[data-lines]")) {
    const cells = Object.keys(event.detail.typed).filter(name => name.startsWith(`line:${table.dataset.lines}:`));
    const wanted = new Set(cells.map(name => name.slice(`line:${table.dataset.lines}:`.length).match(/^\d+/)?.[0])).size;
    if (!wanted) continue;
    for (const line of linesOf(table).slice(wanted)) line.remove();
    while (linesOf(table).length < wanted && addLine(table));
  }
});
