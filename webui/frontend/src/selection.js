// Rows ticked together: the bar of actions appears with the first, says how many, and offers what can be done with some.
//   <input type="checkbox" data-select data-can="complete take">  <button data-can="take">…<span data-can-count></span></button>
import { onContent } from "./on_content.js";

const boxes = () => [...document.querySelectorAll("input[data-select]")];

function count() {
  const ticked = boxes().filter(box => box.checked);
  for (const bar of document.querySelectorAll("[data-selection-bar]")) {
    bar.hidden = ticked.length === 0;
    bar.querySelector("[data-selection-count]").textContent = ticked.length;
    for (const button of bar.querySelectorAll("button[data-can]")) {
      const able = ticked.filter(box => box.dataset.can.split(" ").includes(button.dataset.can)).length;
      button.hidden = able === 0;
      button.querySelector("[data-can-count]").textContent = able;
    }
    const all = bar.querySelector("[data-tick-all]");
    if (all) all.hidden = ticked.length === boxes().length;
  }
}

function tickAll(checked) {
  for (const box of boxes()) box.checked = checked;
  count();
}

document.addEventListener("change", event => {
  if (event.target.matches("input[data-select]")) count();
});
document.addEventListener("click", event => {
  if (event.target.closest("[data-tick-all]")) tickAll(true);
  else if (event.target.closest("[data-clear-selection]")) tickAll(false);
});
onContent(count);
