// Keys of a person who does this all day. Never while typing, never together with Ctrl, Alt or Meta.
import { toast } from "./toasts.js";

const dialog = document.getElementById("keys");

const isTyping = element => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable], [role=combobox], .bpmn-viewer, .modeler-canvas");

function moveTo(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter(row => row.offsetParent);
  if (!rows.length) return;
  const current = rows.findIndex(row => row === document.activeElement);
  const open = rows.findIndex(row => row.hasAttribute("aria-current"));
  const next = Math.max(0, Math.min(rows.length - 1, (current >= 0 ? current : open) + step));
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

// Ticks the row that has the focus, or the open one.
function tick() {
  const row = document.activeElement?.closest(".step-row") ?? document.querySelector(".step-row:has(a[aria-current])");
  row?.querySelector("input[data-select]")?.click();
}

// Writing that no button has sent yet: any long text, and what is not as it came. The fields of a step that is completed
// are what is done there, and no writing beside it.
function unsentWriting(key) {
  const texts = [...document.querySelectorAll("#pane textarea, #pane input[type=text]")];
  return texts.find(text => {
    if (!text.value.trim()) return false;
    const isField = Boolean(text.closest("[data-field]"));
    return isField ? key !== "c" && text.value !== text.defaultValue : text.matches("textarea") || text.value !== text.defaultValue;
  });
}

// Where the map asks which way, no key decides: it leads to the ways.
function toWays() {
  document.querySelector("#pane .outcomes:not(:has([data-key])) button")?.focus();
}

// A key is easily meant for the text that is being written: the button itself is pressed on purpose.
function press(key) {
  const button = document.querySelector(`#pane button[data-key="${key}"]`);
  if (!button) return void (key === "c" && toWays());
  const unsent = unsentWriting(key);
  if (!unsent) return void button.click();
  unsent.closest("details")?.setAttribute("open", "");
  unsent.focus();
  toast(button.closest("[data-unsent]").dataset.unsent.replace("{button}", button.textContent.trim()), "warning");
}

const ACTIONS = {
  "/": () => document.getElementById("search")?.focus(),
  j: () => moveTo(1),
  k: () => moveTo(-1),
  a: () => press("a"),
  r: () => press("r"),
  c: () => press("c"),
  x: tick,
  "?": () => dialog?.showModal(),
};

// The same keys on a Ukrainian keyboard, by the place of the key.
const PLACES = { KeyJ: "j", KeyK: "k", KeyA: "a", KeyR: "r", KeyC: "c", KeyX: "x" };

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || dialog?.open || isTyping(event.target)) return;
  const action = ACTIONS[event.key] ?? ACTIONS[PLACES[event.code]] ?? (event.code === "Slash" && ACTIONS[event.shiftKey ? "?" : "/"]);
  if (!action) return;
  event.preventDefault();
  action();
});

document.addEventListener("click", event => {
  if (event.target.closest("[data-show-keys]")) dialog.showModal();
});
