// What is said of a field depends on its type: inputs of other types are put away and not sent, but keep what is typed.
//   <div data-types-of-fields><select> … </div> <div data-for-types="choice many">
import { onContent } from "./on_content.js";

function putAway(select) {
  for (const part of select.form.querySelectorAll("[data-for-types]")) {
    part.hidden = !part.dataset.forTypes.split(" ").includes(select.value);
    for (const input of part.querySelectorAll("input, textarea")) input.disabled = part.hidden;
  }
}

const chooser = form => form?.querySelector("[data-types-of-fields] select");

document.addEventListener("change", event => {
  if (event.target.closest("[data-types-of-fields]")) putAway(event.target);
});

onContent(root => {
  for (const form of root.querySelectorAll("form:has([data-types-of-fields])")) putAway(chooser(form));
});
