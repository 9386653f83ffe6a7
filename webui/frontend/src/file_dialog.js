// A file is looked at above the page, which stays as it is: <a data-file-link href="/files/12">. What draws PDFs is large
// and fetched with the first of them. A page that asks for little opens there as well: <a data-over-page href="…">.
import { onContent } from "./on_content.js";

const PART = { "HX-Request": "true" };

let dialog;
let opener;

function frame() {
  dialog ??= document.querySelector("dialog[data-file-dialog]");
  if (dialog?.isConnected) return dialog;
  dialog = document.createElement("dialog");
  dialog.className = "file-dialog";
  dialog.dataset.fileDialog = "";
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    opener?.focus();
  });
  document.body.append(dialog);
  return dialog;
}

async function open(link) {
  const answer = await fetch(link.href, { headers: PART });
  if (!answer.ok) return location.assign(link.href);
  const shown = frame();
  shown.innerHTML = await answer.text();
  shown.setAttribute("aria-labelledby", "file-title");
  shown.classList.toggle("is-small", "overPage" in link.dataset);
  if (!shown.open) shown.showModal();
  draw(shown);
  shown.scrollTop = 0;
}

// What was sent from a page that asks for little leads back to the list; what is wrong with it is told above the list.
async function send(form, button) {
  if ("sending" in form.dataset) return;
  form.dataset.sending = "";
  const back = dialog.querySelector("[data-close-file]").href;
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new FormData(form, button), headers: PART, redirect: "manual" });
  } catch {
    return form.submit(); // the browser itself says what is the matter with the network
  }
  if (answer.type === "opaqueredirect") return location.assign(back);
  const signIn = answer.headers.get("HX-Redirect");
  if (signIn) return location.assign(signIn);
  dialog.innerHTML = await answer.text();
  (dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("[data-focus]"))?.focus();
}

export function draw(root) {
  const place = root.querySelector("[data-pdf]:not([data-begun])");
  if (!place) return;
  place.dataset.begun = "";
  import(place.dataset.pdfScript).then(({ showPdf }) => showPdf(place));
}

document.addEventListener("click", event => {
  const link = event.target.closest("a[data-file-link], a[data-over-page]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    if (!link.closest("dialog")) opener = link;
    open(link);
    return;
  }
  if (event.target.closest("[data-close-file]") || event.target === dialog) {
    event.preventDefault();
    dialog?.close();
  }
});

document.addEventListener("submit", event => {
  if (!event.target.closest("dialog[data-file-dialog].is-small")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

onContent(root => draw(root));

// A picture that the server makes for looking at takes a moment, and of some files none can be made.
const toldOf = picture => picture.matches?.("[data-made-picture]") && picture.parentElement.querySelector("[data-picture-told]");

function tellOfPicture(picture) {
  const told = toldOf(picture);
  if (!told) return;
  const made = picture.naturalWidth > 0;
  picture.hidden = !made;
  told.hidden = made;
  if (!made) told.textContent = told.dataset.failed;
}

document.addEventListener("load", event => tellOfPicture(event.target), true);
document.addEventListener("error", event => tellOfPicture(event.target), true);
onContent(root => {
  for (const picture of root.querySelectorAll("[data-made-picture]")) if (picture.complete) tellOfPicture(picture);
});
