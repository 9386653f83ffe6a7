// A browser writes dates in the order of its own language: 05/12 is May in one and December in another. Beside its label
// the date stands in words as well, with its weekday, in the language of the page; a time only where it may differ.
import { onContent } from "./on_content.js";

const page = document.documentElement.lang;
const speaksAlike = navigator.language.split("-")[0] === page;
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const day = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
const kinds = {
  date: { form: day, begins: "", ends: "T00:00" },
  "datetime-local": { form: { ...day, ...clock }, begins: "", ends: "" },
  ...(speaksAlike ? {} : { time: { form: clock, begins: "2000-01-01T", ends: "" } }),
};
const dated = Object.keys(kinds).map(type => `input[type=${type}][id]`).join();

function say(input) {
  const { form, begins, ends } = kinds[input.type];
  const moment = new Date(begins + input.value + ends);
  const isSaid = input.value && !Number.isNaN(moment.valueOf());
  document.getElementById(`${input.id}-said`).textContent = isSaid ? new Intl.DateTimeFormat(page, form).format(moment) : "";
}

onContent(root => {
  for (const input of root.querySelectorAll(dated)) {
    if (document.getElementById(`${input.id}-said`)) continue;
    const words = Object.assign(document.createElement("span"), { id: `${input.id}-said`, className: "date-said quiet" });
    (input.labels[0] ?? input).before(words);
    input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${words.id}`.trim());
    say(input);
  }
});
document.addEventListener("input", event => event.target.matches(dated) && say(event.target));
