// The questions of a map: [data-questions] holds them.
//   a group that gets the focus          lights its element on the drawing, without moving the page
//   text typed in [data-own-answer=kind] chooses its circle, and says in its .understood, if any, what is understood of it
import { onContent } from "./on_content.js";

const PAUSE = 300;

async function tell(form, input, output) {
  const text = input.value.trim();
  if (!text) return void (output.textContent = "");
  const asked = new URLSearchParams({ kind: input.dataset.ownAnswer, text });
  const response = await fetch(`${form.dataset.understoodUrl}?${asked}`, { headers: { Accept: "application/json" } });
  if (!response.ok || input.value.trim() !== text) return;
  const { words, problem } = await response.json();
  output.textContent = problem || words;
  output.classList.toggle("is-problem", Boolean(problem));
}

function listen(form) {
  const waiting = new WeakMap();
  form.addEventListener("focusin", event => {
    const element = event.target.closest("[data-question-element]")?.dataset.questionElement;
    if (element) document.dispatchEvent(new CustomEvent("map:light", { detail: element }));
  });
  form.addEventListener("input", event => {
    const input = event.target.closest("[data-own-answer]");
    if (!input) return;
    const own = input.closest(".own-answer"), output = own.querySelector(".understood");
    own.querySelector("input[type=radio]").checked = true;
    if (!output) return;
    clearTimeout(waiting.get(input));
    waiting.set(input, setTimeout(() => tell(form, input, output), PAUSE));
  });
}

onContent(root => root.querySelectorAll("[data-questions]").forEach(listen));
