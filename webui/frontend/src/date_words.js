// A browser writes dates in the order of its own language: 05/12 is May in one and December in another. Beside its label
// the date stands in words as well, with its weekday, in the language of the page; a time only where it may differ. While
// the field is empty, the order in which this browser takes the date stands there, where the browser says it otherwise.
// Half of a date reaches no server: a form does not leave with it, as if nothing had been typed.
import { onContent } from "./on_content.js";

const page = document.documentElement.lang;
const own = new Intl.DateTimeFormat().resolvedOptions().locale; // of its fields; which language it asks pages for may differ
const speaksAlike = own.split("-")[0] === page;
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const numbers = { year: "numeric", month: "2-digit", day: "2-digit" };
const day = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
const kinds = {
  date: { form: day, typed: numbers, begins: "", ends: "T00:00" },
  "datetime-local": { form: { ...day, ...clock }, typed: { ...numbers, ...clock }, begins: "", ends: "" },
  ...(speaksAlike ? {} : { time: { form: clock, typed: clock, begins: "2000-01-01T", ends: "" } }),
};
const dated = Object.keys(kinds).map(type => `input[type=${type}][id]`).join();
const timely = "input:is([type=date], [type=datetime-local], [type=time])";
const named = new Intl.DisplayNames(page, { type: "dateTimeField" });

function order(typed) {
  const parts = new Intl.DateTimeFormat(own, typed).formatToParts(new Date());
  return parts.map(({ type, value }) => type === "literal" ? value : named.of(type)).join("");
}

function words(input) {
  const { form, typed, begins, ends } = kinds[input.type];
  const moment = new Date(begins + input.value + ends);
  if (input.value && !Number.isNaN(moment.valueOf())) return new Intl.DateTimeFormat(page, form).format(moment);
  return speaksAlike || input.value ? "" : order(typed);
}

function say(input) {
  document.getElementById(`${input.id}-said`).textContent = words(input);
}

function lacks(input, isHalf) {
  const next = input.nextElementSibling;
  const known = next?.matches(".half-date") ? next : null;
  if (isHalf === Boolean(known)) return;
  input.classList.toggle("is-invalid", isHalf);
  if (isHalf) {
    const text = document.getElementById("toasts").dataset.halfDate;
    input.after(Object.assign(document.createElement("p"), { className: "invalid-feedback d-block half-date", role: "alert", textContent: text }));
    input.setAttribute("aria-invalid", "true");
  } else {
    known.remove();
    input.removeAttribute("aria-invalid");
  }
}

onContent(root => {
  for (const input of root.querySelectorAll(dated)) {
    if (document.getElementById(`${input.id}-said`)) continue;
    const said = Object.assign(document.createElement("span"), { id: `${input.id}-said`, className: "date-said quiet" });
    (input.labels[0] ?? input).before(said);
    input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${said.id}`.trim());
    say(input);
  }
});
document.addEventListener("input", event => {
  if (event.target.matches(dated)) say(event.target);
  if (event.target.matches(timely) && !event.target.validity.badInput) lacks(event.target, false);
});
document.addEventListener("submit", event => {
  const half = [...event.target.elements].filter(input => input.matches(timely) && input.validity.badInput);
  if (!half.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  half.forEach(input => lacks(input, true));
  half[0].closest("details")?.setAttribute("open", "");
  half[0].focus();
}, true);
