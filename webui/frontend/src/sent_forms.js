// A form that was sent and not taken, because the session had ended or the server failed, comes back filled in when its
// page is shown again in this tab: the pages in between say that it is kept. Forms with a draft are kept by drafts.js.
import { fill, typedIn } from "./drafts.js";

const KEY = "sent-form";
const KEPT_FOR_MS = 60 * 60 * 1000;
const person = document.body.dataset.person;
// What a form was read as comes back with it: whoever changed the record meanwhile is still noticed.
const READ_AS = "input[type=hidden]:is([name^=read_], [name=name_before])";

const sameForms = action => [...document.querySelectorAll("form[method=post]")].filter(form => form.getAttribute("action") === action);

function remember(form) {
  const typed = typedIn(form);
  if (!Object.keys(typed).length) return;
  const action = form.getAttribute("action");
  const readAs = Object.fromEntries([...form.querySelectorAll(READ_AS)].map(field => [field.name, field.value]));
  sessionStorage.setItem(KEY, JSON.stringify({ at: Date.now(), person, action, number: sameForms(action).indexOf(form), typed, readAs }));
}

function bringBack(kept) {
  const form = sameForms(kept.action)[kept.number];
  if (!form) return;
  sessionStorage.removeItem(KEY);
  for (const field of form.querySelectorAll(READ_AS)) field.value = kept.readAs[field.name] ?? field.value;
  fill(form, kept.typed);
  for (let around = form.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  form.dispatchEvent(new CustomEvent("draft-restored", { bubbles: true }));
}

// The page that answers tells what became of the form: any other than these has taken it, or shows it with its faults.
const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
if (kept) {
  const isOld = Date.now() - kept.at > KEPT_FOR_MS || (person && person !== kept.person);
  if (document.querySelector(".sign-in-page, .error-page")) sessionStorage.setItem(KEY, JSON.stringify({ ...kept, failed: true }));
  else if (isOld || !kept.failed) sessionStorage.removeItem(KEY);
  else bringBack(kept);
}

document.addEventListener("submit", event => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || !person) return;
  if (["data-draft", "hx-post"].some(name => form.hasAttribute(name)) || form.getAttribute("action") === null) return;
  remember(form);
});
