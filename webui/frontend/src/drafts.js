// A half-filled form survives a reload and an expired session: kept in this tab at once, on the server soon after.
// What another device kept on the server later wins over what this tab remembers.
//   <form data-draft="step-12" data-draft-url="/work-items/12/draft" data-draft-saved="2026-03-02T08:00:00+00:00">
import { onContent } from "./on_content.js";

const SERVER_DELAY_MS = 1500;
const NEVER_KEPT = new Set(["csrf_token", "next", "command_id"]);
const timers = new WeakMap();

const keyOf = name => `draft:${document.body.dataset.person}:${name}`;

function typedIn(form) {
  const typed = {};
  for (const field of form.elements) {
    if (!field.name || NEVER_KEPT.has(field.name) || ["password", "file", "submit", "button"].includes(field.type)) continue;
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

function fill(form, typed) {
  form.dispatchEvent(new CustomEvent("draft-restoring", { bubbles: true, detail: { typed } }));
  for (const field of form.elements) {
    const value = typed[field.name];
    if (value === undefined || isFixed(field)) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = value.includes(field.value);
    else if (field.multiple) for (const option of field.options) option.selected = value.includes(option.value);
    else if (field.type !== "submit") field.value = value;
  }
}

function keepHere(form) {
  const kept = { typed: typedIn(form), since: form.dataset.draftSaved ?? "" };
  sessionStorage.setItem(keyOf(form.dataset.draft), JSON.stringify(kept));
}

async function keepOnServer(form) {
  const body = new FormData(form);
  try {
    const response = await fetch(form.dataset.draftUrl, { method: "POST", body, headers: { "HX-Request": "true" } });
    const saved = response.headers.get("Draft-Saved");
    if (!response.ok || !saved || !form.isConnected) return;
    form.dataset.draftSaved = saved;
    keepHere(form);
  } catch {
    // It stays in this tab, and goes to the server with the next letter typed.
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

document.addEventListener("submit", event => clearTimeout(timers.get(event.target)), true);

function forget(name) {
  sessionStorage.removeItem(keyOf(name));
}

document.addEventListener("draft-done", event => forget(event.detail.name));

onContent(root => {
  for (const done of root.querySelectorAll("[data-draft-done]")) forget(done.dataset.draftDone);
  for (const form of root.querySelectorAll("form[data-draft]:not([data-draft-restored])")) {
    form.dataset.draftRestored = "";
    const kept = JSON.parse(sessionStorage.getItem(keyOf(form.dataset.draft)) ?? "null");
    if (!kept?.typed) continue;
    if (kept.since !== (form.dataset.draftSaved ?? "")) {
      forget(form.dataset.draft);
      continue;
    }
    fill(form, kept.typed);
    form.dispatchEvent(new CustomEvent("draft-restored", { bubbles: true }));
  }
});
