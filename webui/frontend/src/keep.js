// What is shown once and has to be kept: copied or printed. Without scripts the buttons are not there.
import { toast } from "./toasts.js";

document.querySelectorAll("[data-copy], [data-print]").forEach(button => {
  button.hidden = false;
});

document.addEventListener("click", event => {
  if (event.target.closest("[data-print]")) print();
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

async function copy(button) {
  const list = document.getElementById(button.dataset.copy);
  const text = [...list.children].map(line => line.textContent.trim()).join("\n");
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not over https, or not allowed: chosen, so that the person's own keys copy it
    getSelection().selectAllChildren(list);
    return;
  }
  toast(button.dataset.copied);
}
