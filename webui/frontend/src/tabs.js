// Where a row of tabs, or the path of a deal's stages, is wider than the window, the open or current one stands in sight.
import { onContent } from "./on_content.js";

onContent(root => {
  for (const current of root.querySelectorAll(".tabs [aria-current], .chevrons [aria-current]")) {
    const row = current.parentElement;
    if (row.scrollWidth > row.clientWidth) row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
  }
});
