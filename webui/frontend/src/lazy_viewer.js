// The diagram viewer is large: it is fetched when the first diagram stands on the page.
import { onContent } from "./on_content.js";

let viewer;
let asked = ""; // the element that somebody wanted to see before its diagram was there

function load(container) {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = container.dataset.viewerStyle;
  document.head.append(style);
  return import(container.dataset.viewerScript);
}

document.addEventListener("click", event => {
  const row = event.target.closest("[data-element]");
  if (row) asked = row.dataset.element;
});

onContent(root => {
  const first = root.querySelector("[data-bpmn-url]:not([data-state])");
  if (!first) return;
  asked = "";
  viewer ??= load(first);
  viewer.then(({ showAll }) => showAll(document.body, () => asked));
});
