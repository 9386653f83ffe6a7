// The table as it is edited: a head of columns with their settings, and a field for each cell.
const SIDES = ["inputs", "outputs"];

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export class Grid {
  constructor(root, { table, words, kinds, icons }) {
    Object.assign(this, { root, table, words, kinds, icons });
    this.open = new Set(); // keys of the columns whose settings are shown
    this.onChange = this.onDrawn = () => {};
    root.addEventListener("input", event => this.typed(event.target));
    root.addEventListener("change", () => this.table.commit());
    root.addEventListener("change", () => this.onChange());
    root.addEventListener("click", event => this.pressed(event.target.closest("[data-act]")));
    root.addEventListener("keydown", event => this.key(event));
    root.addEventListener("toggle", event => this.open[event.target.open ? "add" : "delete"](event.target.dataset.settings), true);
  }

  draw() {
    const { inputs, outputs } = this.table.content;
    const head = element("tr", {}, element("th", { scope: "col", class: "rule-number" }, "№"),
      ...inputs.map((column, at) => this.heading("inputs", column, at)),
      ...outputs.map((column, at) => this.heading("outputs", column, at)),
      element("th", { scope: "col", class: "rule-note" }, this.words.note),
      element("td", {}));
    this.root.replaceChildren(element("thead", {}, head), element("tbody", {}, ...this.table.rows.map((row, at) => this.row(row, at))));
  }

  icon(name) {
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawn.setAttribute("class", "icon");
    drawn.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${this.icons}#${name}`);
    drawn.append(use);
    return drawn;
  }

  button(act, icon, word, at, more = {}) {
    return element("button", { type: "button", class: "btn btn-icon btn-sm btn-ghost-secondary", title: word, "aria-label": word, "data-act": act, "data-at": at, ...more }, this.icon(icon));
  }

  heading(side, column, at) {
    const count = this.table.content[side].length;
    const isInput = side === "inputs";
    const field = (name, word, code = false) => element("label", {}, element("span", { class: "quiet" }, word),
      this.field("input", column[name], { class: `form-control form-control-sm${code ? " font-monospace" : ""}`, "data-side": side, "data-at": at, "data-name": name, spellcheck: code ? "false" : null }));
    const kind = element("select", { class: "form-select form-select-sm", "data-side": side, "data-at": at, "data-name": "kind" });
    const known = this.kinds.some(([name]) => name === column.kind) ? this.kinds : [[column.kind, column.kind], ...this.kinds];
    kind.append(...known.map(([name, text]) => new Option(text, name, false, name === column.kind)));
    const move = { "data-side": side };
    const settings = element("details", { "data-settings": column.key, open: this.open.has(column.key) },
      element("summary", { class: "quiet" }, this.words.more),
      element("label", {}, element("span", { class: "quiet" }, this.words.kind), kind),
      field("allowed", this.words.allowed, true),
      ...(isInput ? [] : [field("default", this.words.default, true)]),
      element("div", { class: "btn-list" },
        this.button("left", "chevron-left", this.words.left, at, { ...move, disabled: at === 0 }),
        this.button("right", "chevron-right", this.words.right, at, { ...move, disabled: at === count - 1 }),
        this.button("remove_column", "trash", this.words.remove_column, at, { ...move, disabled: !isInput && count === 1 })));
    return element("th", { scope: "col", class: isInput ? "is-condition" : "is-result" },
      element("span", { class: "column-kind" }, isInput ? this.words.condition : this.words.result),
      field("label", this.words.label), field("source", isInput ? this.words.looks_at : this.words.kept_as, true), settings);
  }

  field(name, value, attributes) {
    const made = element(name, attributes);
    made.value = value;
    return made;
  }

  nameOf(column) {
    return column.label || column.source;
  }

  row(row, at) {
    const { inputs } = this.table.content;
    const cell = (column, place) => element("td", { class: place < inputs.length ? "is-condition" : "is-result" },
      this.field("textarea", row.cells[column.key], {
        rows: 1, class: "form-control form-control-sm font-monospace", spellcheck: "false", "data-row": at, "data-column": column.key, "data-place": place,
        placeholder: place < inputs.length ? this.words.any : "—",
        "aria-label": this.words.cell.replace("%(rule)s", at + 1).replace("%(column)s", this.nameOf(column)),
      }));
    const note = this.words.cell.replace("%(rule)s", at + 1).replace("%(column)s", this.words.note);
    return element("tr", {}, element("th", { scope: "row", class: "rule-number" }, String(at + 1)),
      ...this.table.columns.map(cell),
      element("td", { class: "rule-note" }, this.field("textarea", row.note, { rows: 1, class: "form-control form-control-sm", "data-row": at, "data-place": this.table.columns.length, "aria-label": note })),
      element("td", { class: "rule-actions" }, element("div", { class: "btn-list" },
        this.button("up", "chevron-up", this.words.up, at, { disabled: at === 0 }),
        this.button("down", "chevron-down", this.words.down, at, { disabled: at === this.table.rows.length - 1 }),
        this.button("copy", "copy", this.words.copy, at),
        this.button("remove_rule", "trash", this.words.remove_rule, at))));
  }

  typed(field) {
    const { row, column, side, at, name } = field.dataset;
    if (row !== undefined && column) this.table.rows[row].cells[column] = field.value;
    else if (row !== undefined) this.table.rows[row].note = field.value;
    else if (side) this.table.content[side][at][name] = field.value;
    this.onChange();
  }

  pressed(button) {
    if (!button || button.disabled) return;
    const { act, side } = button.dataset;
    const at = Number(button.dataset.at);
    const { table } = this;
    const list = SIDES.includes(side) ? table.content[side] : table.rows;
    if (act === "left" || act === "up") table.move(list, at, -1);
    else if (act === "right" || act === "down") table.move(list, at, 1);
    else if (act === "copy") table.addRule(at + 1, { ...table.rows[at].cells });
    else if (act === "remove_rule") table.removeRule(at);
    else if (act === "remove_column") table.removeColumn(side, at);
    const last = list.length - 1;
    const now = { left: at - 1, up: at - 1, right: at + 1, down: at + 1, copy: at + 1 }[act] ?? at;
    this.onDrawn();
    const selector = `[data-act="${act}"]${side ? `[data-side="${side}"]` : ""}`;
    const again = this.root.querySelector(`${selector}[data-at="${Math.min(now, last)}"]:not([disabled])`);
    (again ?? this.cell(Math.min(now, table.rows.length - 1), 0))?.focus();
  }

  cell(row, place) {
    return this.root.querySelector(`textarea[data-row="${row}"][data-place="${place}"]`);
  }

  addRule(at) {
    this.table.addRule(at);
    this.onDrawn();
    this.cell(at, 0)?.focus();
  }

  addColumn(side) {
    const column = this.table.addColumn(side);
    this.open.add(column.key);
    this.onDrawn();
    this.root.querySelector(`[data-side="${side}"][data-at="${this.table.content[side].length - 1}"][data-name="label"]`).focus();
  }

  key(event) {
    if (!event.target.matches("textarea") || event.isComposing || event.ctrlKey || event.metaKey) return;
    const row = Number(event.target.dataset.row), place = Number(event.target.dataset.place);
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.table.commit();
      if (row + 1 === this.table.rows.length) this.addRule(row + 1);
      this.cell(row + 1, place)?.focus();
    } else if (step && event.altKey) {
      event.preventDefault();
      this.table.commit();
      if (!this.table.move(this.table.rows, row, step)) return;
      this.onDrawn();
      this.cell(row + step, place).focus();
    } else if (step && !event.target.value.includes("\n")) {
      event.preventDefault();
      this.cell(row + step, place)?.focus();
    }
  }
}
