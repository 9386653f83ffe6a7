// Edits of a table that are not saved yet: kept in this tab, so that a reload or a conflict loses nothing.

export class PendingEdits {
  constructor(name, revision) {
    this.key = `draft:${document.body.dataset.person}:${name}`;
    this.revision = revision;
    this.edits = new Map();
  }

  // `base` is the text that the edit replaced: another one there later means that somebody changed the cell meanwhile.
  set(address, cell, text, base) {
    const id = `${address}\n${cell}`;
    if (text === base) this.edits.delete(id);
    else this.edits.set(id, { address, cell, text, base: this.edits.get(id)?.base ?? base });
    this.keep();
  }

  keep() {
    const kept = { revision: this.revision, edits: [...this.edits.values()] };
    if (this.edits.size) sessionStorage.setItem(this.key, JSON.stringify(kept));
    else sessionStorage.removeItem(this.key);
  }

  // What an earlier page of this tab left. An address by line means nothing in a file that has changed.
  left() {
    const kept = JSON.parse(sessionStorage.getItem(this.key) ?? "null");
    return (kept?.edits ?? []).filter(edit => kept.revision === this.revision || !edit.address.startsWith(":"));
  }

  forget() {
    this.edits.clear();
    this.keep();
  }

  get size() {
    return this.edits.size;
  }

  asJson() {
    const told = {};
    for (const { address, cell, text } of this.edits.values()) (told[address] ??= {})[cell] = text;
    return JSON.stringify(told);
  }
}
