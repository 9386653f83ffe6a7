// Naming people in a comment: after an @ the people are looked up who fit, and the one chosen is written as @login.
//   <textarea data-mentions="/choose/mentioned?deal=12" data-blind="%(name)s may not see this deal…"></textarea>
// Who may not see the deal is told so before the comment is sent: the server would refuse it.
const DELAY_MS = 180;
const TOKEN = /(?:^|[\s(])@([\p{L}\p{N}._'’ʼ-]*)$/u;
const timers = new WeakMap();
const blind = new WeakMap(); // text area → names of people who may not see the deal, by login

const areaOf = event => event.target.closest?.("textarea[data-mentions]");

function listOf(area) {
  let list = area.parentElement.querySelector(".mention-list");
  if (!list) {
    list = document.createElement("ul");
    list.className = "mention-list dropdown-menu";
    list.id = `${area.id}-people`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", area.labels?.[0]?.textContent ?? "");
    list.hidden = true;
    area.after(list);
    area.parentElement.classList.add("mention-field");
    area.setAttribute("aria-controls", list.id);
  }
  return list;
}

function typedName(area) {
  return TOKEN.exec(area.value.slice(0, area.selectionStart))?.[1] ?? null;
}

function close(area) {
  listOf(area).hidden = true;
  area.removeAttribute("aria-activedescendant");
}

function activate(area, option) {
  for (const other of listOf(area).children) {
    other.classList.toggle("active", other === option);
    other.setAttribute("aria-selected", String(other === option));
  }
  if (!option) return;
  area.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function show(area, found) {
  const list = listOf(area);
  list.replaceChildren(...found.map((item, index) => {
    const option = document.createElement("li");
    option.id = `${list.id}-${index}`;
    option.setAttribute("role", "option");
    option.className = "dropdown-item";
    Object.assign(option.dataset, { login: item.id, name: item.text });
    if (!item.sees) option.dataset.isBlind = "";
    const name = document.createElement("span");
    name.textContent = item.text;
    const detail = document.createElement("small");
    detail.className = item.sees ? "quiet ms-auto" : "text-late ms-auto";
    detail.textContent = item.detail ?? "";
    option.append(name, detail);
    return option;
  }));
  list.hidden = !found.length;
  if (found.length) activate(area, list.firstElementChild);
}

function choose(area, option) {
  const before = area.value.slice(0, area.selectionStart), start = before.lastIndexOf("@");
  const { login, name } = option.dataset;
  area.setRangeText(`@${login} `, start, area.selectionStart, "end");
  if ("isBlind" in option.dataset) rememberBlind(area, login, name);
  close(area);
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

const rememberBlind = (area, login, name) => blind.set(area, { ...blind.get(area), [login]: name });

// Whoever was typed to the end is chosen: a list with nothing else in it would only lie over the button that sends.
function typedToTheEnd(area, name, found) {
  if (found.length !== 1 || found[0].id.toLowerCase() !== name.toLowerCase()) return false;
  if (!found[0].sees) rememberBlind(area, found[0].id, found[0].text);
  close(area);
  warn(area);
  return true;
}

function warn(area) {
  const names = Object.entries(blind.get(area) ?? {}).filter(([login]) => area.value.includes(`@${login}`)).map(([, name]) => name);
  let warning = area.parentElement.querySelector(".mention-warning");
  if (!names.length) return warning?.remove();
  if (!warning) {
    warning = document.createElement("p");
    warning.className = "mention-warning";
    warning.setAttribute("role", "status");
    area.parentElement.append(warning);
  }
  const told = area.dataset.blind.replace("%(name)s", names.join(", "));
  if (warning.textContent !== told) warning.textContent = told;
}

async function ask(area, name) {
  const address = new URL(area.dataset.mentions, location.href);
  address.searchParams.set("q", name);
  const response = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!response.ok) return;
  const found = (await response.json()).items;
  if (typedName(area) !== name || document.activeElement !== area) return;
  if (!typedToTheEnd(area, name, found)) show(area, found);
}

document.addEventListener("input", event => {
  const area = areaOf(event);
  if (!area) return;
  warn(area);
  clearTimeout(timers.get(area));
  const name = typedName(area);
  if (name === null) return close(area);
  timers.set(area, setTimeout(() => ask(area, name), DELAY_MS));
});

document.addEventListener("focusout", event => {
  const area = areaOf(event);
  if (area) close(area);
});

// Before the keys of the page hear of it: while the list is open they move in it.
document.addEventListener("keydown", event => {
  const area = areaOf(event);
  const list = area && listOf(area);
  if (!list || list.hidden) return;
  const options = [...list.children], at = options.findIndex(option => option.classList.contains("active"));
  if (event.key === "ArrowDown") activate(area, options[(at + 1) % options.length]);
  else if (event.key === "ArrowUp") activate(area, options[(at + options.length - 1) % options.length]);
  else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) choose(area, options[at]);
  else if (event.key === "Escape") close(area);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, { capture: true });

// A click must not take the focus away first: that would close the list.
document.addEventListener("mousedown", event => {
  const option = event.target.closest?.(".mention-list [role=option]");
  if (!option) return;
  event.preventDefault();
  choose(option.closest(".mention-field").querySelector("textarea"), option);
});
