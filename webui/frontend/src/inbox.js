// The inbox: the list refreshes by itself, keeps its place and the mark of the open step, and says what is new; the open
// form is never touched.
import { onContent } from "./on_content.js";

const rows = () => [...document.querySelectorAll("#steps a[data-row]")];
const openStep = () => document.querySelector("#pane [data-work-item]")?.dataset.workItem;
const title = document.title.replace(/^\(\S+\) /, "");

let listed = { list: null, ids: new Set() };
const fresh = new Set();

function markRows() {
  const open = openStep();
  fresh.delete(open);
  for (const row of rows()) {
    if (row.dataset.row === open) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    row.closest(".step-row").classList.toggle("is-new", fresh.has(row.dataset.row));
  }
}

// Of a list that was on the page before, the rows that were not: said politely, and shown until they are opened.
function tellNew() {
  const steps = document.getElementById("steps");
  const box = document.querySelector("[data-steps-news]");
  if (!steps || !box) return;
  const ids = new Set(rows().map(row => row.dataset.row));
  if (steps.dataset.list === listed.list) {
    for (const id of fresh) if (!ids.has(id)) fresh.delete(id);
    const arrived = [...ids].filter(id => !listed.ids.has(id) && id !== openStep());
    for (const id of arrived) fresh.add(id);
    if (arrived.length) sayNew(box, fresh.size);
    else if (!fresh.size) box.replaceChildren();
  } else {
    fresh.clear();
    box.replaceChildren();
  }
  listed = { list: steps.dataset.list, ids };
}

function sayNew(box, count) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm btn-primary";
  button.textContent = box.dataset.one.replace("#", count);
  button.addEventListener("click", () => {
    box.replaceChildren();
    const row = rows().find(one => fresh.has(one.dataset.row));
    row?.scrollIntoView({ block: "center" });
    row?.focus({ preventScroll: true });
  });
  box.replaceChildren(button);
}

function countInTitle() {
  const count = document.getElementById("nav-inbox-count")?.textContent.trim();
  document.title = count ? `(${count}) ${title}` : title;
}

// A row must not slip away under the pointer while others arrive above it: the list is scrolled along.
let anchor;
document.addEventListener("htmx:before:swap", event => {
  const steps = document.getElementById("steps");
  const source = event.detail.ctx?.sourceElement;
  if (!steps || source !== steps) return;
  const held = steps.querySelector(".step-row:hover, .step-row:focus-within");
  anchor = held && { id: held.id, top: held.getBoundingClientRect().top };
});
function keepPlace() {
  const row = anchor && document.getElementById(anchor.id);
  const by = row ? row.getBoundingClientRect().top - anchor.top : 0;
  anchor = undefined;
  if (!by) return;
  const list = document.getElementById("inbox-list");
  const scrolls = list.scrollHeight > list.clientHeight && getComputedStyle(list).overflowY !== "visible";
  (scrolls ? list : document.scrollingElement).scrollBy(0, by);
}

onContent(() => {
  tellNew();
  markRows();
  keepPlace();
  countInTitle();
  document.querySelector(".inbox")?.classList.toggle("has-open", Boolean(document.querySelector("#pane [data-pane]")));
  const isChoosing = Boolean(document.querySelector("#inbox-filter form"));
  document.querySelector("[data-choose-filter]")?.setAttribute("aria-expanded", isChoosing);
  const news = [...document.querySelectorAll("[data-focus]:not([data-focused])")];
  const told = news.find(one => one.matches("[role=alert]")) ?? news[0];
  // Whoever has to mend a field gets to it without looking for it: the alert is spoken in any case.
  (told?.closest("[data-pane]")?.querySelector(".is-invalid") ?? told)?.focus();
  for (const focused of document.querySelectorAll("[data-focus]")) focused.dataset.focused = "";
});

// The filter's button closes what it has opened.
document.addEventListener("click", event => {
  const choose = event.target.closest("[data-choose-filter]");
  const form = document.querySelector("#inbox-filter form");
  if (!form || !(choose || event.target.closest("[data-close-filter]"))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  form.remove();
  const button = document.querySelector("[data-choose-filter]");
  button.setAttribute("aria-expanded", "false");
  button.focus();
}, true);

document.addEventListener("click", event => {
  if (!event.target.closest("[data-close-pane]")) return;
  event.preventDefault();
  const row = document.querySelector("#steps a[aria-current]");
  document.querySelector("#pane").replaceChildren();
  document.querySelector(".inbox").classList.remove("has-open");
  row?.removeAttribute("aria-current");
  row?.focus();
});
