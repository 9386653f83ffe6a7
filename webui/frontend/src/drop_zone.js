// A map dropped anywhere on the page is uploaded: <form data-drop-zone> with its file input. Without scripts the form's
// own button does the same.

const zone = () => document.querySelector("form[data-drop-zone]");
const holdsFiles = event => event.dataTransfer?.types.includes("Files");

function busy(form, on) {
  const button = form.querySelector("button[data-busy]");
  const label = button.querySelector("span");
  button.dataset.idle ??= label.textContent;
  button.disabled = on;
  label.textContent = on ? button.dataset.busy : button.dataset.idle;
  form.setAttribute("aria-busy", String(on));
}

document.addEventListener("dragover", event => {
  if (!zone() || !holdsFiles(event)) return;
  event.preventDefault();
  zone().classList.add("is-over");
});

document.addEventListener("dragleave", event => {
  if (!event.relatedTarget) zone()?.classList.remove("is-over");
});

document.addEventListener("drop", event => {
  if (!zone() || !holdsFiles(event)) return;
  event.preventDefault();
  zone().classList.remove("is-over");
  const input = zone().querySelector("input[type=file]");
  input.files = event.dataTransfer.files;
  zone().requestSubmit();
});

document.addEventListener("change", event => {
  if (event.target.matches("form[data-drop-zone] input[type=file]") && event.target.files.length) event.target.form.requestSubmit();
});

document.addEventListener("submit", event => {
  if (event.target.matches("form[data-drop-zone]")) busy(event.target, true);
});

// A page that comes back from the browser's memory must not stay busy.
window.addEventListener("pageshow", () => zone() && busy(zone(), false));
