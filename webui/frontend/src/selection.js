// Rows ticked together: the bar of actions appears with the first, and says how many.
import { onContent } from "./on_content.js";

function count() {
  const ticked = document.querySelectorAll("input[data-select]:checked").length;
  for (const bar of document.querySelectorAll("[data-selection-bar]")) {
    bar.hidden = ticked === 0;
    bar.querySelector("[data-selection-count]").textContent = ticked;
  }
}

document.addEventListener("change", event => {
  if (event.target.matches("input[data-select]")) count();
});
document.addEventListener("click", event => {
  if (!event.target.closest("[data-clear-selection]")) return;
  for (const box of document.querySelectorAll("input[data-select]:checked")) box.checked = false;
  count();
});
onContent(count);
