// Passing messages: the server names them in HX-Trigger, screen readers read them out.
// What can be taken back offers it for longer.
import htmx from "htmx.org";

const SHOWN_FOR_MS = 7000;
const UNDO_FOR_MS = 15000;
const box = document.getElementById("toasts");

export function toast(text, kind = "success", undo = undefined) {
  for (const shown of box.children) if (shown.dataset.said === text) shown.remove(); // said again, not twice
  const message = document.createElement("div");
  message.dataset.said = text;
  message.className = `alert alert-${kind} toast-message`;
  message.textContent = text;
  if (undo) message.append(undoButton(message, undo));
  box.append(message);
  setTimeout(() => message.remove(), undo ? UNDO_FOR_MS : SHOWN_FOR_MS);
}

function undoButton(message, { address, label }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm toast-undo";
  button.textContent = label;
  button.addEventListener("click", () => {
    message.remove();
    htmx.ajax("POST", address, { source: document.body, target: "#pane", swap: "innerHTML" });
  });
  return button;
}

document.addEventListener("toast", event => {
  const { text, kind, undo, label } = event.detail;
  toast(text, kind, undo && { address: undo, label });
});

// The network failed. Whoever pressed a button must hear of it; a list that refreshes by itself tries again by itself.
document.addEventListener("htmx:error", event => {
  const source = event.detail.ctx?.sourceElement;
  if (source && !source.hasAttribute("data-quiet")) toast(box.dataset.failed, "danger");
});
