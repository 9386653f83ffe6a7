// The browser calls its button for files in its own language. With scripts the page's button stands there instead, and
// the names of what is chosen beside it; the input itself lies over both: pressed, dropped on, focused and read as ever.
import { onContent } from "./on_content.js";

const say = input => {
  const names = document.getElementById(`${input.id}-names`);
  if (names) names.textContent = [...input.files].map(file => file.name).join(", ") || names.dataset.none;
};

onContent(root => {
  for (const choice of root.querySelectorAll(".file-choice:not(.is-ready)")) {
    choice.classList.add("is-ready");
    say(choice.querySelector("input"));
  }
});
document.addEventListener("change", event => event.target.matches(".file-choice input") && say(event.target));
