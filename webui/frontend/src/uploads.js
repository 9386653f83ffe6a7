// Files chosen, photographed or dropped are sent one by one, each with its progress.
//   <form data-upload data-most="26214400" data-too-large="…" data-lost="…">            adds to a deal or a step
//   <div data-upload-field data-url="…" …><ul data-chosen></ul><template>…</template>    into a field of a form
//   <form data-takes-files>                                                              its own button sends them
import { onContent } from "./on_content.js";

const ZONES = "[data-upload], [data-upload-field], [data-takes-files]";
const holdsFiles = event => event.dataTransfer?.types.includes("Files");
const queues = new WeakMap();

function row(zone, name) {
  const item = document.createElement("li");
  const told = document.createElement("span");
  const state = document.createElement("span");
  const bar = document.createElement("progress");
  told.textContent = name;
  bar.max = 1;
  bar.setAttribute("aria-label", name);
  item.append(told, state, bar);
  zone.querySelector("[data-rows]").append(item);
  return {
    progress: part => (bar.value = part),
    done: () => item.remove(),
    refuse(text) {
      bar.remove();
      told.textContent = text;
      item.className = "is-refused";
    },
  };
}

function send(zone, file, shown) {
  return new Promise(resolve => {
    if (file.size > Number(zone.dataset.most)) return resolve({ error: zone.dataset.tooLarge.replace("%s", file.name) });
    const body = new FormData();
    body.append("csrf_token", document.querySelector("input[name=csrf_token]").value);
    body.append("command_id", crypto.randomUUID?.() ?? String(Math.random()).slice(2) + Date.now());
    body.append("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", zone.dataset.url ?? zone.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", event => shown.progress(event.loaded / event.total));
    const lost = () => resolve({ error: zone.dataset.lost.replace("%s", file.name) });
    request.addEventListener("error", lost);
    request.addEventListener("load", () => {
      try {
        resolve(JSON.parse(request.responseText));
      } catch {
        lost();
      }
    });
    request.send(body);
  });
}

function take(zone, { id, name, url }) {
  const chosen = zone.querySelector("[data-chosen]");
  if (!("several" in zone.dataset)) chosen.replaceChildren();
  if ([...chosen.querySelectorAll("input")].some(input => input.value === String(id))) return;
  const item = zone.querySelector("template").content.firstElementChild.cloneNode(true);
  item.querySelector("input").value = id;
  const link = item.querySelector("a");
  link.textContent = name;
  link.href = url;
  const button = item.querySelector("button");
  button.setAttribute("aria-label", button.getAttribute("aria-label").replace("%s", name));
  chosen.append(item);
  zone.classList.remove("is-invalid");
  zone.parentElement.querySelector(".invalid-feedback")?.remove();
}

// The same list can stand on the page twice: all of them ask again what is there now.
const refresh = () => document.body.dispatchEvent(new CustomEvent("files-changed"));

// Who decides has seen what they add themselves: only what others change meanwhile is to be told.
function seeOwnFile({ before, after }) {
  if (!before) return;
  for (const input of document.querySelectorAll("input[name=content_hash], input[name=shown]")) {
    if (input.value.endsWith(before)) input.value = input.value.slice(0, -before.length) + after;
  }
  for (const told of document.querySelectorAll(".hash code")) if (told.textContent === before) told.textContent = after;
}

async function sendAll(zone, files) {
  zone.setAttribute("aria-busy", "true");
  const waiting = files.map(file => [file, row(zone, file.name)]);
  let added = false;
  for (const [file, shown] of waiting) {
    const answer = await send(zone, file, shown);
    if (answer.error) shown.refuse(answer.error);
    else {
      shown.done();
      added = true;
      seeOwnFile(answer.content ?? {});
      if (zone.matches("[data-upload-field]")) answer.files.forEach(one => take(zone, one));
    }
  }
  zone.removeAttribute("aria-busy");
  if (!added) return;
  if (zone.matches("[data-upload-field]")) zone.dispatchEvent(new Event("input", { bubbles: true }));
  refresh();
}

function bring(zone, files) {
  const list = [...files];
  if (!list.length) return;
  for (const refused of zone.querySelectorAll(".is-refused")) refused.remove();
  queues.set(zone, (queues.get(zone) ?? Promise.resolve()).then(() => sendAll(zone, list)));
}

document.addEventListener("change", event => {
  const zone = event.target.matches("input[type=file]") && event.target.closest("[data-upload], [data-upload-field]");
  if (!zone) return;
  bring(zone, event.target.files);
  event.target.value = "";
});

// Without a zone below the mouse the file is for the page's first one; a browser left to itself would open it instead.
function zoneOf(event) {
  if (document.querySelector("form[data-drop-zone]") || document.querySelector("dialog[open]")) return null;
  return event.target.closest?.(ZONES) ?? document.querySelector("[data-upload]");
}

let over = null;
function mark(zone) {
  if (over === zone) return;
  over?.classList.remove("is-over");
  over = zone;
  over?.classList.add("is-over");
}

document.addEventListener("dragover", event => {
  const zone = holdsFiles(event) && zoneOf(event);
  if (!zone) return;
  event.preventDefault();
  mark(zone);
});

document.addEventListener("dragleave", event => {
  if (!event.relatedTarget) mark(null);
});

document.addEventListener("drop", event => {
  const zone = holdsFiles(event) && zoneOf(event);
  if (!zone) return;
  event.preventDefault();
  mark(null);
  if (!zone.matches("[data-takes-files]")) return bring(zone, event.dataTransfer.files);
  const input = zone.querySelector("input[type=file]");
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

// What goes with a comment is sent with it: until then its names stand beside the button.
document.addEventListener("change", event => {
  const names = event.target.closest(".comment-files")?.querySelector("[data-names]");
  if (!names) return;
  names.replaceChildren(
    ...[...event.target.files].map(file => {
      const item = document.createElement("li");
      item.textContent = file.name;
      return item;
    }),
  );
});

document.addEventListener("click", event => {
  const button = event.target.closest("[data-take-out]");
  if (!button) return;
  const zone = button.closest("[data-upload-field]");
  button.closest("li").remove();
  zone.querySelector("input[type=file]").focus();
  zone.dispatchEvent(new Event("input", { bubbles: true }));
});

onContent(root => {
  for (const zone of root.querySelectorAll("[data-upload]:not([data-ready])")) zone.dataset.ready = "";
});
