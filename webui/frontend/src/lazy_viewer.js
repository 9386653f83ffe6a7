// The diagram viewer is large: it is fetched when the first diagram stands on the page.
import { onContent } from "./on_content.js";

let viewer;

function load(container) {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = container.dataset.viewerStyle;
  document.head.append(style);
  return import(container.dataset.viewerScript);
}

onContent(root => {
  const first = root.querySelector("[data-bpmn-url]:not([data-state])");
  if (!first) return;
  viewer ??= load(first);
  viewer.then(({ showAll }) => showAll(document.body));
});
