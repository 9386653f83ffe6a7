// Choosing a record by typing a part of its name: the combobox pattern of ARIA, filled from the server.
//   <div data-chooser="/choose/clients"><input type="hidden" …><input role="combobox" …><ul role="listbox" hidden></ul></div>
// What is found but cannot be chosen comes as "barred", and its detail says why. With data-instead="id of a field" the
// last line takes what was typed to that field: a new record instead of a known one.
const DELAY_MS = 180;
const timers = new WeakMap();

function partsOf(input) {
  const chooser = input.closest("[data-chooser]");
  return { chooser, hidden: chooser.querySelector("input[type=hidden]"), list: chooser.querySelector("[role=listbox]") };
}

function close(input) {
  partsOf(input).list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function fillInstead(input, field) {
  clearTimeout(timers.get(input));
  field.value = input.value.trim();
  input.value = "";
  close(input);
  field.closest("details")?.setAttribute("open", "");
  for (const changed of [input, field]) changed.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function choose(input, option) {
  if (option.ariaDisabled === "true") return;
  if (option.dataset.instead) return fillInstead(input, document.getElementById(option.dataset.instead));
  const { hidden } = partsOf(input);
  clearTimeout(timers.get(input)); // what was typed last is not looked for any more: its list would lie over the form
  hidden.value = option.dataset.value;
  input.value = option.dataset.text;
  close(input);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new CustomEvent("chosen", { bubbles: true, detail: { value: hidden.value } }));
}

function activate(input, option) {
  const { list } = partsOf(input);
  for (const other of list.children) other.classList.toggle("active", other === option);
  if (!option) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function show(input, found) {
  const { chooser, list } = partsOf(input);
  list.replaceChildren(...found.map((item, index) => {
    const option = document.createElement("li");
    option.id = `${list.id}-${index}`;
    option.role = "option";
    option.className = "dropdown-item";
    Object.assign(option.dataset, { value: item.id, text: item.text });
    const name = document.createElement("span");
    name.textContent = item.text;
    const detail = document.createElement("small");
    detail.className = "text-secondary ms-auto";
    if (item.barred) option.ariaDisabled = "true";
    detail.textContent = item.detail ?? "";
    option.append(name, detail);
    return option;
  }));
  if (!found.length) {
    const nothing = document.createElement("li");
    nothing.className = "dropdown-item disabled";
    nothing.textContent = chooser.dataset.empty;
    list.append(nothing);
  }
  const typed = input.value.trim();
  if (chooser.dataset.instead && /\p{L}/u.test(typed) && !typed.includes("@")) {
    const instead = document.createElement("li");
    instead.id = `${list.id}-instead`;
    instead.role = "option";
    instead.className = "dropdown-item";
    instead.dataset.instead = chooser.dataset.instead;
    instead.textContent = `+ ${chooser.dataset.insteadSaid.replace("{text}", () => typed)}`;
    list.append(instead);
  }
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
}

async function ask(input) {
  const { chooser } = partsOf(input);
  const asked = input.value;
  const address = new URL(chooser.dataset.chooser, location.href);
  address.searchParams.set("q", asked);
  const response = await fetch(address, { headers: { "HX-Request": "true" } });
  if (response.ok && input.value === asked && document.activeElement === input) show(input, (await response.json()).items);
}

const comboboxOf = event => event.target.closest?.("[data-chooser] [role=combobox]");

document.addEventListener("input", event => {
  const input = comboboxOf(event);
  if (!input || !event.isTrusted) return;
  partsOf(input).hidden.value = ""; // another text is another record, until one is chosen
  clearTimeout(timers.get(input));
  timers.set(input, setTimeout(() => ask(input), DELAY_MS));
});

document.addEventListener("focusin", event => {
  const input = comboboxOf(event);
  if (input && !input.value && !("mend" in input.dataset)) ask(input);
});

document.addEventListener("click", event => {
  const input = comboboxOf(event);
  if (input && !input.value && "mend" in input.dataset) ask(input);
});

document.addEventListener("focusout", event => {
  const input = comboboxOf(event);
  if (!input) return;
  delete input.dataset.mend;
  close(input);
});

document.addEventListener("keydown", event => {
  const input = comboboxOf(event);
  if (!input) return;
  const { list } = partsOf(input);
  const options = list.hidden ? [] : [...list.querySelectorAll("[role=option]")];
  const at = options.findIndex(option => option.classList.contains("active"));
  if (event.key === "ArrowDown" && list.hidden) ask(input);
  else if (event.key === "ArrowDown") activate(input, options[Math.min(at + 1, options.length - 1)]);
  else if (event.key === "ArrowUp") activate(input, options[Math.max(at - 1, 0)]);
  else if (event.key === "Enter" && at >= 0) choose(input, options[at]);
  else if (event.key === "Escape" && !list.hidden) close(input);
  else return;
  event.preventDefault();
});

// A click must not take the focus away first: that would close the list.
document.addEventListener("mousedown", event => {
  const option = event.target.closest?.("[data-chooser] [role=option]");
  if (!option) return;
  event.preventDefault();
  choose(option.closest("[data-chooser]").querySelector("[role=combobox]"), option);
});
