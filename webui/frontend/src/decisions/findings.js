// What the server noticed about the table when it was saved: a list below it, and a mark at the cell that is meant.
export class Findings {
  constructor(box, { table, grid, words }) {
    Object.assign(this, { box, table, grid, words, findings: [], cells: new Map() });
    box.addEventListener("click", event => this.placeOf(this.findings[event.target.closest("button")?.dataset.finding])?.focus());
  }

  // Rules and columns are remembered by their keys: the findings stay at their cells when these move.
  told(findings) {
    this.findings = findings.map(finding => ({
      ...finding,
      row: this.table.rows[finding.rule - 1]?.key,
      at: this.table.columns.find(column => finding.column && [column.label, column.source].includes(finding.column))?.key,
    }));
    const rows = this.findings.map((finding, number) => this.line(finding, number));
    if (!rows.length) rows.push(Object.assign(document.createElement("li"), { className: "quiet", textContent: this.words.no_findings }));
    this.box.replaceChildren(...rows);
    this.mark();
  }

  line(finding, number) {
    const line = document.createElement("li");
    line.className = `finding is-${finding.severity}`;
    const said = document.createElement(finding.row ? "button" : "span");
    if (finding.row) Object.assign(said, { type: "button", className: "btn-link-plain" }).dataset.finding = number;
    said.append(Object.assign(document.createElement("strong"), { textContent: `${this.words[finding.severity]}: ` }), finding.text);
    line.append(said);
    if (finding.remedy) line.append(Object.assign(document.createElement("span"), { className: "quiet d-block", textContent: finding.remedy }));
    return line;
  }

  placeOf(finding) {
    if (!finding) return null;
    const row = this.table.rows.findIndex(one => one.key === finding.row);
    const place = Math.max(0, this.table.columns.findIndex(one => one.key === finding.at));
    return this.grid.cell(row, place);
  }

  mark() {
    for (const marked of this.grid.root.querySelectorAll(".has-error, .has-warning, .has-info")) {
      marked.classList.remove("has-error", "has-warning", "has-info");
      marked.removeAttribute("title");
    }
    for (const finding of this.findings) {
      const field = finding.at ? this.placeOf(finding) : this.placeOf(finding)?.closest("tr").querySelector("th");
      if (!field || field.className.includes("has-error")) continue;
      field.classList.add(`has-${finding.severity}`);
      field.title = finding.text;
    }
  }
}
