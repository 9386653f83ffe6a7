// On a phone the further filters of a list are folded away, unless the list is filtered by them: <details open data-fold-on-phone>.
import { onContent } from "./on_content.js";

const isPhone = matchMedia("(max-width: 767.98px)");
const isChosen = field => (field.type === "checkbox" ? field.checked : field.tagName === "SELECT" ? field.selectedIndex > 0 : field.value !== "");

onContent(root => {
  for (const details of root.querySelectorAll("details[data-fold-on-phone]:not([data-folded])")) {
    details.dataset.folded = "";
    const fields = [...details.querySelectorAll("input:not([type=hidden]), select")];
    details.open = !isPhone.matches || fields.some(isChosen);
  }
});
