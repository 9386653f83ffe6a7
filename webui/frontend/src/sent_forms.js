// A form that was sent and not taken, because the session had ended or the server failed, comes back filled in when its
// page is shown again in this tab: the pages in between say that it is kept. Forms with a draft are kept by drafts.js.
//   <div data-not-taken>a page that says so</div>
import { fill, hasFiles, tellOfFiles, typedIn } from "./drafts.js";

const KEY = "sent-form";
const KEPT_FOR_MS = 60 * 60 * 1000;
const person = document.body.dataset.person;
// What a form was read as comes back with it: whoever changed the record meanwhile is still noticed. So does the id of
// what it asks for: the answer of a server that failed may be lost, and the work done.
const READ_AS = "input[type=hidden]:is([name^=read_], [name=name_before], [name=command_id])";

const sameForms = action => [...document.querySelectorAll("form[method=post]")].filter(form => form.getAttribute("action") === action);

const isRemembered = form => person && form.method === "post" && !form.dataset.draft && form.getAttribute("action") !== null;

function remember(form, failed = false) {
  const typed = typedIn(form);
  if (!Object.keys(typed).length) return;
  const action = form.getAttribute("action");
  const readAs = Object.fromEntries([...form.querySelectorAll(READ_AS)].map(field => [field.name, field.value]));
  sessionStorage.setItem(KEY, JSON.stringify({ at: Date.now(), person, failed, action, typed, readAs, files: hasFiles(form) }));
}

function bringBack(kept) {
  const [form, another] = sameForms(kept.action);
  if (!form || another) return; // of several rows with forms alike, the wrong one might be filled in
  sessionStorage.removeItem(KEY);
  for (const field of form.querySelectorAll(READ_AS)) field.value = kept.readAs[field.name] ?? field.value;
  fill(form, kept.typed);
  for (let around = form.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  form.dispatchEvent(new CustomEvent("draft-restored", { bubbles: true }));
  if (kept.files) tellOfFiles(form);
}

// The page that answers tells what became of the form: any other than these has taken it, or shows it with its faults.
const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
if (kept) {
  const hasEnded = document.querySelector(".sign-in-page") && new URLSearchParams(location.search).has("expired");
  if (Date.now() - kept.at > KEPT_FOR_MS || (person && person !== kept.person)) sessionStorage.removeItem(KEY);
  else if (hasEnded || document.querySelector("[data-not-taken]")) sessionStorage.setItem(KEY, JSON.stringify({ ...kept, failed: true }));
  else if (!kept.failed) sessionStorage.removeItem(KEY);
  else if (person) bringBack(kept);
}

document.addEventListener("submit", event => {
  if (!event.defaultPrevented && isRemembered(event.target)) remember(event.target);
});

// A form of a pane is sent without a page of its own: it is led to sign-in, or its page is loaded anew.
document.addEventListener("htmx:before:response", event => {
  const { sourceElement: form, response } = event.detail.ctx;
  const isLedAway = response.status >= 400 && ["HX-Redirect", "HX-Refresh"].some(name => response.headers.has(name));
  if (isLedAway && form instanceof HTMLFormElement && isRemembered(form)) remember(form, true);
});
