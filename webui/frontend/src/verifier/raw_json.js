// JSON as it is spelled: hashes are over bytes, and reading numbers and writing them again may change them.

// The members of an object's text, by name; each value is the text of its value. Throws SyntaxError.
export function members(text) {
  const found = new Map();
  for (const part of parts(text, "{", "}")) {
    const end = endOfString(part, 0);
    if (part[end] !== ":") throw new SyntaxError("a member without a value");
    const name = JSON.parse(part.slice(0, end));
    if (found.has(name)) throw new SyntaxError("a member twice");
    found.set(name, part.slice(end + 1).trim());
  }
  return found;
}

// The texts of a list's elements. Throws SyntaxError.
export function elements(text) {
  return parts(text, "[", "]");
}

// An object's text out of its members' texts, in the order of canonical JSON.
export function object(given) {
  const names = Object.keys(given).sort();
  return `{${names.map(name => `${JSON.stringify(name)}:${given[name]}`).join(",")}}`;
}

function parts(text, opening, closing) {
  const inner = text.trim();
  if (!inner.startsWith(opening) || !inner.endsWith(closing) || inner.length < 2) throw new SyntaxError(`no ${opening}`);
  const found = [];
  let depth = 0;
  let start = 1;
  for (let at = 1; at < inner.length - 1; at++) {
    const sign = inner[at];
    if (sign === '"') at = endOfString(inner, at) - 1;
    else if (sign === "{" || sign === "[") depth++;
    else if (sign === "}" || sign === "]") depth--;
    else if (sign === "," && depth === 0) {
      found.push(inner.slice(start, at).trim());
      start = at + 1;
    }
    if (depth < 0) throw new SyntaxError("closed too often");
  }
  if (depth !== 0) throw new SyntaxError("not closed");
  const last = inner.slice(start, -1).trim();
  if (last || found.length) found.push(last);
  for (const part of found) JSON.parse(opening === "{" ? `{${part}}` : part);
  return found;
}

function endOfString(text, start) {
  if (text[start] !== '"') throw new SyntaxError("no string");
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  throw new SyntaxError("an open string");
}
