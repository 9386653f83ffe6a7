// What spreadsheets put on the clipboard: rows of cells separated by tabs, a cell with a tab, a break or a quote in quotes.

export function parseTable(text) {
  const rows = [[]];
  let at = 0;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  while (at <= source.length) {
    let cell = "";
    if (source[at] === '"') {
      const quoted = quotedCell(source, at);
      if (quoted) {
        cell = quoted.text;
        at = quoted.end;
      }
    }
    while (at < source.length && source[at] !== "\t" && source[at] !== "\n") cell += source[at++];
    rows.at(-1).push(cell);
    if (source[at] === "\n") rows.push([]);
    at += 1;
  }
  return rows;
}

// A cell in quotes ends at its closing quote; a lone quote at the front of a text is only a letter.
function quotedCell(source, start) {
  let text = "";
  for (let at = start + 1; at < source.length; at += 1) {
    if (source[at] !== '"') text += source[at];
    else if (source[at + 1] === '"') text += source[++at];
    else return source[at + 1] === undefined || "\t\n".includes(source[at + 1]) ? { text, end: at + 1 } : null;
  }
  return null;
}

export function formatTable(rows) {
  const written = cell => (/[\t\n"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map(row => row.map(written).join("\t")).join("\n");
}
