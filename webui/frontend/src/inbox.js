// The inbox: the list refreshes by itself and keeps the mark of the open step; the open form is never touched.
import { onContent } from "./on_content.js";

const openStep = () => document.querySelector("#pane [data-work-item]")?.dataset.workItem;

onContent(() => {
  const open = openStep();
  for (const row of document.querySelectorAll("#steps a[data-row]")) {
    if (row.dataset.row === open) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  document.querySelector(".inbox")?.classList.toggle("has-open", Boolean(document.querySelector("#pane [data-pane]")));
  document.querySelector("[data-focus]:not([data-focused])")?.focus();
  for (const focused of document.querySelectorAll("[data-focus]")) focused.dataset.focused = "";
});

// Nobody looks at a hidden tab: it asks again as soon as it is shown.
document.addEventListener("htmx:config:request", event => {
  if (document.hidden && event.target.matches?.("[data-quiet]")) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.body.dispatchEvent(new CustomEvent("inbox-changed"));
});

document.addEventListener("click", event => {
  if (!event.target.closest("[data-close-pane]")) return;
  event.preventDefault();
  const row = document.querySelector("#steps a[aria-current]");
  document.querySelector("#pane").replaceChildren();
  document.querySelector(".inbox").classList.remove("has-open");
  row?.removeAttribute("aria-current");
  row?.focus();
});
