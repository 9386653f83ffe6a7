// The editor of the table of steps is fetched by the pages that have one.
import { onContent } from "./on_content.js";

onContent(root => {
  for (const grid of root.querySelectorAll("[data-step-grid]:not([data-ready])")) {
    grid.dataset.ready = "";
    import("./step_grid.js").then(({ StepGrid }) => new StepGrid(grid));
  }
});
