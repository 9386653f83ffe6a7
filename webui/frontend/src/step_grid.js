// The table of steps as a spreadsheet: cells are edited in place, filled down, copied and pasted, checked while they are
// typed, and saved together. Everything goes by keyboard; a finger has the same in the menu.
import { CellEditor } from "./cell_editor.js";
import { formatTable, parseTable } from "./clipboard_table.js";
import { PendingEdits } from "./pending_edits.js";

const CHECK_AFTER_MS = 250;
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class StepGrid {
  constructor(root) {
    this.root = root;
    this.table = root.querySelector("table");
    this.form = root.querySelector("form");
    this.words = JSON.parse(root.dataset.words);
    this.closed = JSON.parse(root.dataset.closed);
    this.suggested = JSON.parse(root.dataset.suggested);
    this.rows = [...this.table.tBodies[0].rows].map(row => [row.querySelector(".step-name"), ...row.querySelectorAll("td")]);
    this.pending = new PendingEdits(`steps-${root.dataset.stepGrid}`, this.form.elements.read_revision.value);
    this.undone = [];
    this.active = this.anchor = [0, 1];
    this.editor = null;
    for (const cell of this.rows.flat()) {
      cell.tabIndex = -1;
      cell.drawn = { said: cell.querySelector?.(".cell-said")?.textContent, problem: cell.querySelector?.(".cell-problem")?.textContent };
    }
    this.cellAt(this.active).tabIndex = 0;
    this.listen();
    this.restore();
    this.table.querySelectorAll("td").forEach(cell => this.mark(cell));
    this.showCount();
  }

  listen() {
    this.table.addEventListener("keydown", event => this.key(event));
    this.table.addEventListener("focusin", event => this.focused(event.target));
    this.table.addEventListener("dblclick", event => this.edit(event.target.closest("td")));
    this.table.addEventListener("mousedown", event => this.pressed(event));
    this.table.addEventListener("click", event => this.tapped(event));
    this.table.addEventListener("copy", event => this.copy(event));
    this.table.addEventListener("paste", event => this.paste(event));
    this.root.addEventListener("click", event => this.act(event.target.closest("[data-grid-action]")?.dataset.gridAction));
    this.form.addEventListener("submit", event => {
      event.preventDefault();
      this.save();
    });
  }

  // Places -------------------------------------------------------------------------------------------------------------
  cellAt([row, column]) {
    return this.rows[row]?.[column];
  }

  placeOf(cell) {
    const row = this.rows.findIndex(cells => cells.includes(cell));
    return row < 0 ? null : [row, this.rows[row].indexOf(cell)];
  }

  goTo(place, extend = false) {
    const row = Math.max(0, Math.min(this.rows.length - 1, place[0]));
    const column = Math.max(0, Math.min(this.rows[0].length - 1, place[1]));
    this.cellAt(this.active).tabIndex = -1;
    this.active = [row, column];
    if (!extend) this.anchor = this.active;
    const cell = this.cellAt(this.active);
    cell.tabIndex = 0;
    this.isExtending = extend;
    cell.focus({ preventScroll: true });
    this.isExtending = false;
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.showSelection();
  }

  focused(target) {
    const place = this.placeOf(target.closest("td, .step-name"));
    if (!place || this.isExtending) return;
    this.cellAt(this.active).tabIndex = -1;
    this.active = place;
    if (!this.isShiftPressed) this.anchor = place;
    this.cellAt(place).tabIndex = 0;
    this.showSelection();
  }

  selected() {
    const [[r1, c1], [r2, c2]] = [this.anchor, this.active];
    return this.rows.slice(Math.min(r1, r2), Math.max(r1, r2) + 1).map(row => row.slice(Math.max(1, Math.min(c1, c2)), Math.max(c1, c2) + 1));
  }

  showSelection() {
    const chosen = new Set(this.selected().flat());
    const several = chosen.size > 1;
    for (const cell of this.table.querySelectorAll("td")) {
      if (several && chosen.has(cell)) cell.setAttribute("aria-selected", "true");
      else cell.removeAttribute("aria-selected");
    }
  }

  // Keys and fingers ---------------------------------------------------------------------------------------------------
  key(event) {
    if (this.editor || event.isComposing) return;
    event.stopPropagation(); // letters are typed here, they are no shortcuts of the page
    const cell = this.cellAt(this.active);
    const command = event.ctrlKey || event.metaKey;
    const handled = () => event.preventDefault();
    if (MOVES[event.key]) {
      const [down, right] = MOVES[event.key];
      const far = command ? 10_000 : 1;
      this.goTo([this.active[0] + down * far, this.active[1] + right * far], event.shiftKey);
      handled();
    } else if (event.key === "Home" || event.key === "End") {
      const end = event.key === "End";
      this.goTo([command ? (end ? 10_000 : 0) : this.active[0], end ? 10_000 : 0], event.shiftKey);
      handled();
    } else if (event.key === "Tab") {
      const next = this.active[1] + (event.shiftKey ? -1 : 1);
      if (next < 0 || next >= this.rows[0].length) return; // out of the table at the end of a row
      this.goTo([this.active[0], next]);
      handled();
    } else if (command && event.code === "KeyD") {
      this.fillDown();
      handled();
    } else if (command && event.code === "KeyZ") {
      this.undo();
      handled();
    } else if (command && event.code === "KeyS") {
      this.save();
      handled();
    } else if (command || event.altKey || this.active[1] === 0) {
      return;
    } else if (event.key === "Enter" || event.key === "F2") {
      this.edit(cell);
      handled();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
      handled();
    } else if (event.key.length === 1) {
      this.edit(cell, event.key);
      handled();
    }
  }

  pressed(event) {
    this.isShiftPressed = event.shiftKey;
    const cell = event.target.closest("td");
    this.wasActive = cell && cell === this.cellAt(this.active) && cell.contains(document.activeElement);
    if (event.shiftKey && cell) event.preventDefault();
    if (event.shiftKey && cell) this.goTo(this.placeOf(cell), true);
  }

  tapped(event) {
    this.isShiftPressed = false;
    const cell = event.target.closest("td");
    if (this.editor || !cell || event.shiftKey) return;
    if (this.wasActive && matchMedia("(pointer: coarse)").matches) this.edit(cell);
    else if (!cell.contains(document.activeElement)) this.goTo(this.placeOf(cell));
  }

  act(action) {
    const actions = {
      edit: () => this.edit(this.cellAt(this.active)),
      above: () => this.fillDown(),
      below: () => this.fillBelow(),
      clear: () => this.clear(),
      undo: () => this.undo(),
      discard: () => this.change([...this.changed()].map(cell => [cell, cell.dataset.text])),
    };
    actions[action]?.();
  }

  // Editing ------------------------------------------------------------------------------------------------------------
  edit(cell, typed) {
    if (this.editor || !cell?.dataset.cell) return;
    if (!this.isOpen(cell)) {
      this.say(this.words.read_only);
      return;
    }
    const name = cell.dataset.cell;
    this.editor = new CellEditor(cell, {
      text: this.textOf(cell),
      typed,
      label: `${this.table.querySelector(`[data-column="${name}"]`).textContent}, ${cell.parentElement.querySelector(".step-name").textContent}`,
      choices: this.closed[name],
      suggestions: this.suggested[name],
      isLong: name === "instruction",
      isList: name === "responsible" || name === "approval",
      emptyWord: this.words.of_map,
      done: (text, move) => this.edited(cell, text, move),
      pastesTable: text => {
        this.editor.close();
        this.pasteText(text);
      },
    });
  }

  edited(cell, text, move) {
    this.editor = null;
    if (text !== null) this.change([[cell, text]]);
    const [row, column] = this.placeOf(cell);
    if (move) this.goTo([row + move[0], column + move[1]]);
  }

  isOpen(cell) {
    return cell.dataset.cell && cell.getAttribute("aria-readonly") !== "true";
  }

  textOf(cell) {
    return cell.dataset.now ?? cell.dataset.text ?? "";
  }

  // Change cells, remembering how to take it back. `pairs` are cells and texts.
  change(pairs, remember = true) {
    const open = pairs.filter(([cell, text]) => this.isOpen(cell) && this.textOf(cell) !== text.trim());
    if (!open.length) return;
    if (remember) this.undone.push(open.map(([cell]) => [cell, this.textOf(cell)]));
    for (const [cell, text] of open) this.put(cell, text.trim());
    this.root.querySelector("[data-grid-action=undo]").disabled = !this.undone.length;
    this.showCount();
    clearTimeout(this.checking);
    this.checking = setTimeout(() => this.check(), CHECK_AFTER_MS);
  }

  put(cell, text) {
    cell.dataset.now = text;
    this.pending.set(cell.parentElement.dataset.address, cell.dataset.cell, text, cell.dataset.text);
    cell.querySelector(".cell-text").textContent = text;
    const isDrawn = text === cell.dataset.text;
    cell.querySelector(".cell-said").textContent = isDrawn ? cell.drawn.said : text ? "" : this.words.of_map;
    cell.querySelector(".cell-problem").textContent = isDrawn ? cell.drawn.problem : "";
    this.mark(cell);
  }

  mark(cell) {
    const isChanged = this.textOf(cell) !== cell.dataset.text;
    cell.classList.toggle("is-changed", isChanged);
    cell.title = isChanged ? this.words.changed : "";
    if (cell.querySelector(".cell-problem").textContent && cell.dataset.wrong) cell.setAttribute("aria-invalid", "true");
    else cell.removeAttribute("aria-invalid");
  }

  changed() {
    return this.table.querySelectorAll("td.is-changed");
  }

  clear() {
    this.change(this.selected().flat().map(cell => [cell, ""]));
  }

  undo() {
    const last = this.undone.pop();
    if (last) this.change(last, false);
    this.root.querySelector("[data-grid-action=undo]").disabled = !this.undone.length;
  }

  // One cell takes what stands above it; several rows take what stands in the first of them.
  fillDown() {
    const rows = this.selected();
    const first = this.rows.findIndex(row => row.includes(rows[0][0]));
    const source = rows.length > 1 ? rows[0] : rows[0].map(cell => this.rows[first - 1]?.[this.rows[first].indexOf(cell)]);
    const filled = rows.length > 1 ? rows.slice(1) : rows;
    this.change(filled.flatMap(row => row.map((cell, column) => [cell, source[column] ? this.textOf(source[column]) : this.textOf(cell)])));
  }

  fillBelow() {
    const [row, column] = this.active;
    if (!column) return;
    const text = this.textOf(this.cellAt(this.active));
    this.change(this.rows.slice(row + 1).map(cells => [cells[column], text]));
  }

  // Copy and paste -----------------------------------------------------------------------------------------------------
  copy(event) {
    if (this.editor || !this.active[1]) return;
    event.clipboardData.setData("text/plain", formatTable(this.selected().map(row => row.map(cell => this.textOf(cell)))));
    event.preventDefault();
  }

  paste(event) {
    if (this.editor || !this.active[1]) return;
    this.pasteText(event.clipboardData.getData("text/plain"));
    event.preventDefault();
  }

  // From the upper left cell of the selection on; one value fills all that is selected.
  pasteText(text) {
    const table = parseTable(text);
    const chosen = this.selected();
    if (table.length === 1 && table[0].length === 1) {
      this.change(chosen.flat().map(cell => [cell, table[0][0]]));
      return;
    }
    const [top, left] = this.placeOf(chosen[0][0]);
    const pairs = table.flatMap((row, down) => row.map((value, right) => [this.cellAt([top + down, left + right]), value]));
    this.change(pairs.filter(([cell]) => cell));
    this.goTo([top, left]);
    this.goTo([top + table.length - 1, left + table[0].length - 1], true);
  }

  // The server ---------------------------------------------------------------------------------------------------------
  async ask(url) {
    this.form.elements.edits.value = this.pending.asJson();
    const answer = await fetch(url, { method: "POST", body: new FormData(this.form), headers: { Accept: "application/json" } });
    return { isOk: answer.ok, told: await answer.json() };
  }

  async check() {
    if (!this.pending.size) return;
    try {
      const { isOk, told } = await this.ask(this.form.dataset.checkUrl);
      if (isOk) this.tell(told.cells);
    } catch {
      this.say(this.words.failed);
    }
  }

  tell(cells) {
    for (const [address, ofRow] of Object.entries(cells)) {
      for (const [name, { said, problem, unknown }] of Object.entries(ofRow)) {
        const cell = this.table.querySelector(`tr[data-address="${CSS.escape(address)}"] > td[data-cell="${name}"]`);
        if (!cell || cell.querySelector(".cell-editor")) continue;
        cell.dataset.wrong = problem ? "yes" : "";
        cell.querySelector(".cell-problem").textContent = problem || unknown || cell.meanwhile || "";
        if (said && said !== this.textOf(cell)) cell.querySelector(".cell-said").textContent = said;
        this.mark(cell);
      }
    }
    const wrong = this.table.querySelector("td.is-changed[aria-invalid]");
    this.say(wrong ? wrong.querySelector(".cell-problem").textContent : this.words.checked);
  }

  async save() {
    this.editor?.commit();
    if (!this.pending.size) return;
    this.busy(true);
    try {
      const { isOk, told } = await this.ask(this.form.action);
      if (isOk) {
        this.pending.forget();
        location.assign(told.location);
        return;
      }
      this.tell(told.cells ?? {});
      this.refuse(told);
    } catch {
      this.refuse({ problem: this.words.failed });
    }
    this.busy(false);
  }

  refuse({ problem, meanwhile, cells }) {
    const box = this.root.querySelector("[data-grid-problem]");
    const wrong = cells && Object.keys(cells).length;
    const text = document.createElement("p");
    text.textContent = wrong ? this.words.wrong : problem;
    box.replaceChildren(text);
    if (meanwhile) {
      const again = document.createElement("button");
      again.type = "button";
      again.className = "btn";
      again.textContent = this.words.reload;
      again.addEventListener("click", () => location.reload());
      box.append(again);
    }
    box.hidden = false;
    const first = this.table.querySelector("td[aria-invalid]");
    if (wrong && first) this.goTo(this.placeOf(first));
  }

  busy(isBusy) {
    const button = this.root.querySelector("[data-grid-save]");
    button.disabled = isBusy;
    if (isBusy) this.say(this.words.saving);
  }

  restore() {
    const left = this.pending.left();
    for (const { address, cell: name, text, base } of left) {
      const cell = this.table.querySelector(`tr[data-address="${CSS.escape(address)}"] > td[data-cell="${name}"]`);
      if (!cell || !this.isOpen(cell) || text === cell.dataset.text) continue;
      this.put(cell, text);
      if (base !== cell.dataset.text) {
        cell.meanwhile = this.words.meanwhile.replace("%(text)s", cell.dataset.text || this.words.empty);
        cell.querySelector(".cell-problem").textContent = cell.meanwhile;
      }
    }
    this.pending.keep();
    if (!this.pending.size) return;
    this.say(this.words.restored);
    this.checking = setTimeout(() => this.check(), CHECK_AFTER_MS);
  }

  showCount() {
    const button = this.root.querySelector("[data-grid-save]");
    button.disabled = !this.pending.size;
    button.querySelector("span").textContent = this.pending.size ? `${this.words.save} (${this.pending.size})` : this.words.save;
  }

  say(text) {
    this.root.querySelector("[data-grid-status]").textContent = text;
  }
}
