// A field in the place of a cell's text. Enter and leaving it keep what was typed, Escape does not, Tab goes on.
let lists = 0;

export class CellEditor {
  constructor(cell, options) {
    this.cell = cell;
    this.options = options;
    this.field = options.choices ? this.select() : this.input();
    this.field.classList.add("cell-editor");
    this.field.setAttribute("aria-label", options.label);
    if (!options.choices) this.field.value = options.typed ?? options.text;
    cell.classList.add("is-edited");
    cell.append(this.field);
    this.field.focus();
    if (!options.choices) this.field.setSelectionRange(this.field.value.length, this.field.value.length);
    this.field.addEventListener("keydown", event => this.key(event));
    this.field.addEventListener("blur", () => this.finish(this.field.value));
    this.field.addEventListener("paste", event => this.paste(event));
  }

  input() {
    if (this.options.isLong) {
      const area = document.createElement("textarea");
      area.className = "form-control";
      area.rows = 5;
      return area;
    }
    const field = document.createElement("input");
    field.className = "form-control";
    field.autocomplete = "off";
    if (this.options.suggestions?.length) {
      const list = document.createElement("datalist");
      list.id = `cell-suggestions-${(lists += 1)}`;
      this.cell.append(list);
      this.list = list;
      field.setAttribute("list", list.id);
      field.addEventListener("input", () => this.suggest(field.value));
      this.suggest(this.options.typed ?? this.options.text);
    }
    return field;
  }

  // In a list of names the next one is suggested behind those that stand there.
  suggest(typed) {
    const before = this.options.isList ? typed.slice(0, typed.lastIndexOf(",") + 1) : "";
    const prefix = before && `${before} `;
    this.list.replaceChildren(...this.options.suggestions.map(text => new Option("", prefix + text)));
  }

  select() {
    const { choices, text, typed, emptyWord } = this.options;
    const field = document.createElement("select");
    field.className = "form-select";
    const known = choices.includes(text) || !text ? choices : [text, ...choices];
    field.append(new Option(`— ${emptyWord}`, ""), ...known.map(choice => new Option(choice, choice)));
    const begun = typed && known.find(choice => choice.toLowerCase().startsWith(typed.toLowerCase()));
    field.value = begun ?? text;
    return field;
  }

  key(event) {
    event.stopPropagation();
    if (event.isComposing) return;
    const isBreak = this.options.isLong && (event.shiftKey || event.altKey || matchMedia("(pointer: coarse)").matches);
    if (event.key === "Enter" && event.altKey && this.options.isLong) {
      this.field.setRangeText("\n", this.field.selectionStart, this.field.selectionEnd, "end");
      event.preventDefault();
    } else if (event.key === "Enter" && !isBreak) {
      this.finish(this.field.value, [1, 0]);
      event.preventDefault();
    } else if (event.key === "Tab") {
      this.finish(this.field.value, [0, event.shiftKey ? -1 : 1]);
      event.preventDefault();
    } else if (event.key === "Escape") {
      this.finish(null, [0, 0]);
      event.preventDefault();
    }
  }

  paste(event) {
    const text = event.clipboardData.getData("text/plain");
    event.stopPropagation();
    if (!text.includes("\t") && (this.options.isLong || !text.trim().includes("\n"))) return;
    event.preventDefault();
    this.options.pastesTable(text);
  }

  commit() {
    this.finish(this.field.value);
  }

  close() {
    this.finish(null, [0, 0]);
  }

  finish(text, move) {
    if (this.isFinished) return;
    this.isFinished = true;
    this.list?.remove();
    this.field.remove();
    this.cell.classList.remove("is-edited");
    this.options.done(text, move);
  }
}
