// A half-filled form survives a reload, an expired session and a missing network. It is kept on this device at once and
// on the server soon after; once the server has it, the device forgets it. What another device kept on the server later
// wins over what this one remembers. A form without a server's draft is kept for as long as its tab is open.
//   <form data-draft="step-12" data-draft-url="/work-items/12/draft" data-draft-saved="2026-03-02T08:00:00+00:00">
import { onContent } from "./on_content.js";

const SERVER_DELAY_MS = 1500;
const NEVER_KEPT = new Set(["csrf_token", "next", "command_id", "proof_password", "proof_code"]);
const KEPT_FOR_MS = 14 * 24 * 60 * 60 * 1000;
const timers = new WeakMap();

// As of when the form was read comes back with what was typed: whoever changed the same meanwhile is still noticed.
const READ_AS = "input[type=hidden]:is([name^=read_], [name^=told_])";

const keyOf = name => `draft:${document.body.dataset.person}:${name}`;

function keepHere(form) {
  const kept = JSON.stringify({ at: Date.now(), since: form.dataset.draftSaved ?? "", typed: typedIn(form), readAs: readAs(form), files: hasFiles(form) });
  (form.dataset.draftUrl ? localStorage : sessionStorage).setItem(keyOf(form.dataset.draft), kept);
  return kept;
}

const readAs = form => Object.fromEntries([...form.querySelectorAll(READ_AS)].map(field => [field.name, field.value]));

function keptHere(name) {
  const kept = sessionStorage.getItem(keyOf(name)) ?? localStorage.getItem(keyOf(name));
  return kept && JSON.parse(kept);
}

function forget(name) {
  sessionStorage.removeItem(keyOf(name));
  localStorage.removeItem(keyOf(name));
}

function forgetOld() {
  for (const key of Object.keys(localStorage).filter(one => one.startsWith("draft:"))) {
    if (Date.now() - JSON.parse(localStorage.getItem(key)).at > KEPT_FOR_MS) localStorage.removeItem(key);
  }
}

// A code that is used once lets somebody in as much as a password does.
const isKept = field =>
  field.name && !NEVER_KEPT.has(field.name) && field.autocomplete !== "one-time-code" && !["password", "file", "submit", "button"].includes(field.type);

export function typedIn(form) {
  const typed = {};
  for (const field of form.elements) {
    if (!isKept(field)) continue;
    if (field.type === "checkbox" || field.type === "radio") {
      typed[field.name] ??= [];
      if (field.checked) typed[field.name].push(field.value);
    } else if (field.multiple) {
      typed[field.name] = [...field.selectedOptions].map(option => option.value);
    } else if (!isFixed(field)) {
      typed[field.name] = field.value;
    }
  }
  return typed;
}

// A hidden input says what an unticked box means; only that of a chooser holds something typed.
const isFixed = field => field.type === "hidden" && !field.closest("[data-chooser]");

export function fill(form, typed) {
  form.dispatchEvent(new CustomEvent("draft-restoring", { bubbles: true, detail: { typed } }));
  for (const field of form.elements) {
    const value = typed[field.name];
    if (value === undefined || isFixed(field)) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = value.includes(field.value);
    else if (field.multiple) for (const option of field.options) option.selected = value.includes(option.value);
    else if (field.type !== "submit") field.value = value;
  }
}

export const hasFiles = form => [...form.elements].some(field => field.type === "file" && field.files.length > 0);

// A browser gives no file back to a page: without a word the form would be sent without it.
export function tellOfFiles(form) {
  const input = form.querySelector("input[type=file]");
  if (!input) return;
  const told = document.createElement("p");
  told.className = "files-lost";
  told.setAttribute("role", "status");
  input.parentElement.after(told);
  told.textContent = document.getElementById("toasts").dataset.filesLost;
  input.addEventListener("change", () => told.remove(), { once: true });
}

async function keepOnServer(form) {
  const name = form.dataset.draft;
  const sent = keepHere(form);
  try {
    const body = new FormData(form);
    for (const unkept of NEVER_KEPT) if (unkept !== "csrf_token") body.delete(unkept);
    for (const [field, value] of [...body]) if (value instanceof File) body.delete(field);
    const answer = await fetch(form.dataset.draftUrl, { method: "POST", body, headers: { "HX-Request": "true" } });
    const saved = answer.headers.get("Draft-Saved");
    if (!answer.ok || !saved) return;
    form.dataset.draftSaved = saved;
    if (localStorage.getItem(keyOf(name)) === sent) forget(name);
  } catch {
    // No network: the device keeps it, and it is sent when the network is back.
  }
}

document.addEventListener("input", event => {
  const form = event.target.form ?? event.target.closest?.("form");
  if (!form?.dataset.draft) return;
  keepHere(form);
  if (!form.dataset.draftUrl) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => form.isConnected && keepOnServer(form), SERVER_DELAY_MS));
});

window.addEventListener("online", () => {
  for (const form of document.querySelectorAll("form[data-draft-url]")) {
    if (localStorage.getItem(keyOf(form.dataset.draft))) keepOnServer(form);
  }
});

document.addEventListener("submit", event => clearTimeout(timers.get(event.target)), true);

document.addEventListener("draft-done", event => forget(event.detail.name));

onContent(root => {
  for (const done of root.querySelectorAll("[data-draft-done]")) forget(done.dataset.draftDone);
  for (const form of root.querySelectorAll("form[data-draft]:not([data-draft-restored])")) {
    form.dataset.draftRestored = "";
    const kept = keptHere(form.dataset.draft);
    if (!kept) continue;
    const saved = form.dataset.draftSaved ?? "";
    if (form.dataset.draftUrl && kept.since !== saved && Date.parse(saved) > kept.at) {
      forget(form.dataset.draft);
      continue;
    }
    fill(form, kept.typed);
    if (kept.readAs) for (const field of form.querySelectorAll(READ_AS)) field.value = kept.readAs[field.name] ?? "";
    if (kept.files) tellOfFiles(form);
    if (Object.values(kept.typed).some(value => value.length)) form.closest("details")?.setAttribute("open", "");
    if (form.dataset.draftUrl && navigator.onLine) keepOnServer(form);
    form.dispatchEvent(new CustomEvent("draft-restored", { bubbles: true }));
  }
});

forgetOld();
