// Where a row of tabs is wider than the window, the open one stands in sight.
import { onContent } from "./on_content.js";

onContent(root => {
  for (const tab of root.querySelectorAll(".tabs [aria-current]")) {
    const row = tab.parentElement;
    if (row.scrollWidth > row.clientWidth) row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
});
