// The same questions as engine/policy/approval_sheet_check.py, asked without a server and over the very bytes.
import { hashes, verify } from "@noble/ed25519";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { elements, members, object } from "./raw_json.js";

hashes.sha512 = sha512;

const FORMAT = '"reglament-approval-sheet/3"';
const ENTRY_DOMAIN = utf8ToBytes("reglament-history-entry-1\u0000");
const KEY_DOMAIN = utf8ToBytes("reglament-history-key-1\u0000");
const DECISIONS = new Set(['"approved"', '"returned"', '"rejected"']);
const EMPTY = '""';
const ERASED = '"[стерто · erased]"';
const SALT = /^([0-9a-f]{32}|=[0-9a-f]{64})$/;

// Everything wrong with a sheet, as [number of the entry or 0, reason], and what it tells: see page.js.
export function check(text) {
  let read;
  try {
    read = readSheet(text);
  } catch {
    return { faults: torn(text), entries: [], keys: new Map(), top: new Map() };
  }
  const faults = [];
  const { top, entries, keys } = read;
  let known = new Map();
  try {
    if (spelled(top) !== text) faults.push([0, "misreported"]);
    known = knownKeys(keys, faults);
    chain(entries, top, faults);
    withheld(entries, faults);
    signatures(entries, known, faults);
    report(top, entries, faults);
  } catch { // a member has another kind of value, or another name
    faults.push([0, "unreadable"]);
  }
  return { faults: unique(faults), entries, keys: known, top };
}

function readSheet(text) {
  const top = members(text);
  const keys = elements(top.get("keys")).map(members);
  const entries = elements(top.get("entries")).map(raw => {
    const entry = members(raw);
    const signature = entry.get("signature");
    return {
      entry,
      data: members(entry.get("data")),
      salts: new Map([...members(entry.get("salts"))].map(([place, raw]) => [place, word(raw)])),
      signature: signature === "null" ? null : members(signature),
    };
  });
  return { top, entries, keys };
}

function spelled(top) {
  const written = [...top.keys()].sort().map(name => {
    const listed = name === "entries" || name === "decisions";
    return `${JSON.stringify(name)}:${listed ? lines(top.get(name)) : top.get(name)}`;
  });
  return `{${written.join(",")}}\n`;
}

function lines(raw) {
  const found = elements(raw);
  return found.length ? `[\n${found.join(",\n")}\n]` : "[\n]";
}

// A file that is no JSON any more: the entries whose lines cannot be read, else the whole.
function torn(text) {
  const faults = [];
  let place = 0;
  let inside = false;
  for (const line of text.split("\n")) {
    if (inside && !line.startsWith("]")) {
      place++;
      try {
        JSON.parse(line.replace(/,$/, ""));
      } catch {
        faults.push([place, "unreadable"]);
      }
    } else inside = line.endsWith('"entries":[');
  }
  return faults.length ? faults : [[0, "unreadable"]];
}

function knownKeys(keys, faults) {
  const known = new Map();
  for (const key of keys) {
    const [id, introducer] = [word(key.get("key")), word(key.get("introduced_by"))];
    const publicKey = word(key.get("public_key"));
    const said = object({ introduced_by: key.get("introduced_by"), key: key.get("key"), public_key: key.get("public_key"), since: key.get("since") });
    const by = introducer ? known.get(introducer) : publicKey;
    const named = /^[0-9a-f]{64}$/.test(publicKey) && hex(sha256(hexToBytes(publicKey))).slice(0, 16) === id;
    if (key.size === 5 && named && by && fits(by, concatBytes(KEY_DOMAIN, utf8ToBytes(said)), word(key.get("signature")))) {
      known.set(id, publicKey);
    } else faults.push([0, "key_unknown"]);
  }
  return known;
}

function chain(entries, top, faults) {
  let previous = EMPTY;
  entries.forEach(({ entry, data, salts, signature }, index) => {
    const place = index + 1;
    if (entry.size !== 12 || (signature && signature.size !== 6)) faults.push([place, "unreadable"]);
    if (entry.get("number") !== String(place)) faults.push([place, "misnumbered"]);
    if (entry.get("deal") !== top.get("deal")) faults.push([place, "misreported"]);
    if (entry.get("previous_hash") !== previous) faults.push([place, "unlinked"]);
    if (hashOf(entry, salts) !== entry.get("hash")) faults.push([place, "altered"]);
    const decided = isDecision(entry, data);
    if (decided && data.get("content_hash") !== ERASED && `"${hex(sha256(utf8ToBytes(data.get("content") ?? "{}")))}"` !== data.get("content_hash")) {
      faults.push([place, "altered"]);
    }
    previous = entry.get("hash");
  });
  const head = object({ hash: previous, number: String(entries.length) });
  if (top.get("head") !== head) faults.push([entries.length, "head_differs"]);
}

// Texts about people are hashed as commitments: SHA-256 of a salt and the text, or what is left of an erased one.
function hashOf(entry, salts) {
  const content = Object.fromEntries([...entry].filter(([name]) => !["hash", "signature", "salts"].includes(name)));
  if (salts.size) {
    const used = new Set();
    content.data = committed(content.data, "", salts, used);
    content.salted_texts = String(salts.size);
    if (used.size !== salts.size) return "";
  }
  return `"${hex(sha256(utf8ToBytes(object(content))))}"`;
}

function committed(raw, place, salts, used) {
  const salt = salts.get(place);
  if (salt !== undefined) {
    used.add(place);
    return commitment(raw, salt);
  }
  if (raw.startsWith("{")) {
    const inner = [...members(raw)].map(([name, one]) => (
      `${JSON.stringify(name)}:${committed(one, `${place}/${name.replace(/~/g, "~0").replace(/\//g, "~1")}`, salts, used)}`
    ));
    return `{${inner.join(",")}}`;
  }
  if (raw.startsWith("[")) return `[${elements(raw).map((one, index) => committed(one, `${place}/${index}`, salts, used)).join(",")}]`;
  return raw;
}

function commitment(raw, salt) {
  if (!SALT.test(salt) || !raw.startsWith('"') || (salt.startsWith("=") && raw !== ERASED)) return "";
  return `"${salt.startsWith("=") ? salt.slice(1) : hex(sha256(concatBytes(hexToBytes(salt), utf8ToBytes(JSON.parse(raw)))))}"`;
}

function withheld(entries, faults) {
  const told = new Set(entries.filter(isErasure).flatMap(({ data }) => JSON.parse(data.get("texts"))));
  entries.forEach(({ salts }, index) => {
    const missing = [...salts.values()].filter(salt => salt.startsWith("=") && !told.has(salt.slice(1)));
    if (missing.length) faults.push([index + 1, "withheld"]);
  });
}

function signatures(entries, known, faults) {
  const lastSigned = entries.findLastIndex(one => one.signature);
  let before = null;
  entries.forEach(({ entry, signature }, index) => {
    const place = index + 1;
    if (!signature) {
      if (index < lastSigned) faults.push([place, "unsigned"]);
      return;
    }
    const stated = utf8ToBytes(object({
      at: signature.get("at"),
      deal: entry.get("deal"),
      entry_hash: entry.get("hash"),
      key: signature.get("key"),
      number: entry.get("number"),
      position: signature.get("position"),
      previous: signature.get("previous"),
    }));
    const publicKey = known.get(word(signature.get("key")));
    const isNamed = `"${hex(sha256(concatBytes(Uint8Array.of(0), stated)))}"` === signature.get("hash");
    if (!publicKey) faults.push([place, "key_unknown"]);
    else if (!isNamed || !fits(publicKey, concatBytes(ENTRY_DOMAIN, stated), word(signature.get("signature")))) {
      faults.push([place, "not_signed_right"]);
    }
    if (before && !follows(signature, before)) faults.push([place, "unlinked"]);
    before = signature;
  });
}

function follows(signature, before) {
  const [position, earlier] = [Number(signature.get("position")), Number(before.get("position"))];
  if (!(position > earlier)) return false;
  return position > earlier + 1 || signature.get("previous") === before.get("hash");
}

function report(top, entries, faults) {
  const given = elements(top.get("decisions"));
  const right = entries.filter(one => isDecision(one.entry, one.data));
  right.forEach((one, index) => {
    if (given[index] !== decision(one)) faults.push([Number(one.entry.get("number")), "misreported"]);
  });
  if (given.length !== right.length) faults.push([0, "misreported"]);
  const opened = entries.find(one => one.entry.get("kind") === '"deal_opened"')?.data ?? new Map();
  const expected = { client: opened.get("client"), number: opened.get("number"), title: opened.get("title"), format: FORMAT };
  for (const [name, raw] of Object.entries(expected)) {
    if (top.get(name) !== (raw ?? EMPTY)) faults.push([0, "misreported"]);
  }
  if (top.size !== 9) faults.push([0, "misreported"]);
}

export function isErasure({ entry }) {
  return entry.get("kind") === '"texts_erased"';
}

export function isDecision(entry, data) {
  return entry.get("kind") === '"step_completed"' && DECISIONS.has(data.get("outcome"));
}

function decision({ entry, data }) {
  const told = name => data.get(name) ?? EMPTY;
  return object({
    number: entry.get("number"),
    step: told("name"),
    approver: entry.get("actor_name"),
    position: told("position"),
    department: told("department"),
    on_behalf_of: told("on_behalf_of"),
    outcome: told("outcome"),
    outcome_label: told("outcome_label"),
    comment: told("comment"),
    at: entry.get("at"),
    content: data.get("content") ?? "{}",
    content_hash: told("content_hash"),
    entry_hash: entry.get("hash"),
    authentication: data.get("authentication") ?? "null",
  });
}

const verified = new Map();

function fits(publicKey, message, signature) {
  if (!/^[0-9a-f]{128}$/.test(signature)) return false;
  const name = `${publicKey} ${signature} ${hex(sha256(message))}`;
  if (!verified.has(name)) {
    let answer = false;
    try {
      answer = verify(hexToBytes(signature), message, hexToBytes(publicKey), { zip215: false });
    } catch {
      answer = false;
    }
    verified.set(name, answer);
  }
  return verified.get(name);
}

function hex(bytes) {
  return bytesToHex(bytes);
}

function word(raw) {
  const value = raw === undefined ? "" : JSON.parse(raw);
  return typeof value === "string" ? value : "";
}

function unique(faults) {
  const seen = new Set();
  return faults.filter(([number, reason]) => !seen.has(`${number} ${reason}`) && seen.add(`${number} ${reason}`));
}
