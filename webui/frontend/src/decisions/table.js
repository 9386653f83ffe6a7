// The edited table with what can be undone. Columns and rules have keys of their own, which stay while they move; under
// which number the server's file has them is kept beside, so that an undone step does not bring back an old number.
let lastKey = 0;
const newKey = () => `k${(lastKey += 1)}`;

export class Table {
  constructor({ policy, aggregation, inputs, outputs, rows }) {
    this.origins = new Map();
    const keyed = one => {
      const { origin, ...rest } = one;
      const key = newKey();
      this.origins.set(key, origin);
      return { key, ...rest };
    };
    this.content = { policy, aggregation, inputs: inputs.map(keyed), outputs: outputs.map(keyed), rows: [] };
    this.content.rows = rows.map(row => {
      const { cells, ...rest } = keyed(row);
      return { ...rest, cells: Object.fromEntries(this.columns.map((column, place) => [column.key, cells[place] ?? ""])) };
    });
    this.undone = [];
    this.done = [];
    this.last = this.kept = JSON.stringify(this.content);
  }

  get columns() {
    return [...this.content.inputs, ...this.content.outputs];
  }

  get rows() {
    return this.content.rows;
  }

  get policyName() {
    return [this.content.policy || "UNIQUE", this.content.aggregation].filter(Boolean).join(" ");
  }

  set policyName(name) {
    const [, policy, aggregation] = name.match(/^(.*?)(?: (SUM|MIN|MAX|COUNT))?$/);
    Object.assign(this.content, { policy, aggregation: aggregation ?? "" });
  }

  get isDirty() {
    return JSON.stringify(this.content) !== this.kept;
  }

  get canUndo() {
    return this.done.length > 0;
  }

  get canRedo() {
    return this.undone.length > 0;
  }

  // What was changed since the last time becomes one step that can be undone.
  commit() {
    const now = JSON.stringify(this.content);
    if (now === this.last) return;
    this.done.push(this.last);
    this.undone = [];
    this.last = now;
  }

  undo() {
    return this.turn(this.done, this.undone);
  }

  redo() {
    return this.turn(this.undone, this.done);
  }

  turn(from, to) {
    this.commit();
    if (!from.length) return false;
    to.push(this.last);
    this.last = from.pop();
    this.content = JSON.parse(this.last);
    return true;
  }

  addRule(at, cells = {}) {
    const usual = [...this.content.inputs.map(one => [one.key, "-"]), ...this.content.outputs.map(one => [one.key, ""])];
    this.rows.splice(at, 0, { key: newKey(), note: "", cells: { ...Object.fromEntries(usual), ...cells } });
    this.commit();
  }

  addColumn(side) {
    const names = new Set(this.content.outputs.map(one => one.source));
    let number = 1;
    while (names.has(`result_${number}`)) number += 1;
    const column = { key: newKey(), label: "", source: side === "outputs" ? `result_${number}` : "", kind: "", allowed: "", default: "" };
    this.content[side].push(column);
    for (const row of this.rows) row.cells[column.key] = side === "inputs" ? "-" : "";
    this.commit();
    return column;
  }

  removeColumn(side, at) {
    const [column] = this.content[side].splice(at, 1);
    for (const row of this.rows) delete row.cells[column.key];
    this.commit();
  }

  // Whether there was room to move.
  move(list, at, by) {
    const to = at + by;
    if (to < 0 || to >= list.length) return false;
    list.splice(to, 0, ...list.splice(at, 1));
    this.commit();
    return true;
  }

  removeRule(at) {
    this.rows.splice(at, 1);
    this.commit();
  }

  // What goes to the server, with the keys by which `saved` knows it again.
  sent() {
    const placed = ({ key, ...rest }) => ({ ...rest, origin: this.origins.get(key) ?? null });
    const { policy, aggregation, inputs, outputs, rows } = this.content;
    return {
      as: JSON.stringify(this.content),
      keys: [inputs, outputs, rows].map(list => list.map(one => one.key)),
      content: {
        policy, aggregation, inputs: inputs.map(placed), outputs: outputs.map(placed),
        rows: rows.map(row => ({ ...placed(row), cells: this.columns.map(column => row.cells[column.key] ?? "") })),
      },
    };
  }

  saved({ as, keys }) {
    this.kept = as;
    this.origins = new Map(keys.flatMap(list => list.map((key, place) => [key, place])));
  }

  forget() {
    this.kept = JSON.stringify(this.content);
  }
}
