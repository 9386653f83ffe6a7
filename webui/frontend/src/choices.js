// Of a long list a form shows the boxes that matter and those that are looked for. What is ticked stays, whatever comes.
//   <div data-choices="receiver" hx-get="…" hx-trigger="choices-missing" hx-include="…">the boxes</div>
import { onContent } from "./on_content.js";

const boxesIn = list => [...list.querySelectorAll("input[type=checkbox]")];
const before = new Map();

// Somebody may tick or untick a box while the answer to what was asked before is on its way.
document.addEventListener("htmx:before:swap", event => {
  const list = event.detail.ctx?.target;
  if (list?.matches?.("[data-choices]")) before.set(list, boxesIn(list));
});

onContent(() => {
  for (const [list, boxes] of before) {
    const came = new Map(boxesIn(list).map(box => [box.value, box]));
    for (const box of boxes) {
      if (came.has(box.value)) came.get(box.value).checked = box.checked;
      else if (box.checked) list.prepend(box.closest("label"));
    }
  }
  before.clear();
});

function boxOf(name, value) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  const told = document.createElement("span");
  label.className = "form-check";
  Object.assign(box, { className: "form-check-input", type: "checkbox", name, value });
  Object.assign(told, { className: "form-check-label", textContent: value });
  label.append(box, told);
  return label;
}

// What a kept form had ticked need not be among the boxes that the page came with; the server says what it is called.
document.addEventListener("draft-restoring", event => {
  for (const list of event.target.querySelectorAll("[data-choices]")) {
    const there = new Set(boxesIn(list).map(box => box.value));
    const missing = (event.detail.typed[list.dataset.choices] ?? []).filter(value => !there.has(value));
    list.prepend(...missing.map(value => boxOf(list.dataset.choices, value)));
    if (missing.length) setTimeout(() => list.dispatchEvent(new CustomEvent("choices-missing")));
  }
});
