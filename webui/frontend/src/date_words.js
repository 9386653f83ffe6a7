// A browser of another language writes dates in its own order: 05/12 is May there and December here. Then the date
// stands in words beside its label as well, in the language of the page.
import { onContent } from "./on_content.js";

const page = document.documentElement.lang;
const speaksAlike = navigator.language.split("-")[0] === page;
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const day = { day: "numeric", month: "short", year: "numeric" };
const forms = { date: day, "datetime-local": { ...day, ...clock }, time: clock };
const inWords = Object.fromEntries(Object.entries(forms).map(([type, form]) => [type, new Intl.DateTimeFormat(page, form)]));
const start = { date: "T00:00", "datetime-local": "", time: "" };

const say = input => {
  const moment = new Date(`${input.type === "time" ? "2000-01-01T" : ""}${input.value}${start[input.type]}`);
  document.getElementById(`${input.id}-said`).textContent = input.value && !Number.isNaN(moment.valueOf()) ? inWords[input.type].format(moment) : "";
};

const dated = "input:is([type=date], [type=datetime-local], [type=time])[id]";

if (!speaksAlike) {
  onContent(root => {
    for (const input of root.querySelectorAll(dated)) {
      if (document.getElementById(`${input.id}-said`)) continue;
      const words = Object.assign(document.createElement("span"), { id: `${input.id}-said`, className: "date-said quiet" });
      words.translate = false;
      (input.labels[0] ?? input).before(words);
      input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${words.id}`.trim());
      say(input);
    }
  });
  document.addEventListener("input", event => event.target.matches(dated) && say(event.target));
}
