// Passing messages: the server names them in HX-Trigger, screen readers read them out.
const SHOWN_FOR_MS = 7000;
const box = document.getElementById("toasts");

export function toast(text, kind = "success") {
  const message = document.createElement("div");
  message.className = `alert alert-${kind} toast-message`;
  message.textContent = text;
  box.append(message);
  setTimeout(() => message.remove(), SHOWN_FOR_MS);
}

document.addEventListener("toast", event => toast(event.detail.text, event.detail.kind));

// The network failed. Whoever pressed a button must hear of it; a list that refreshes by itself tries again by itself.
document.addEventListener("htmx:error", event => {
  const source = event.detail.ctx?.sourceElement;
  if (source && !source.hasAttribute("data-quiet")) toast(box.dataset.failed, "danger");
});
