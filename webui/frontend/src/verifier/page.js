// The page of an approval sheet that proves itself: everything shown is read from the entries that were checked.
import { check, isDecision, isErasure } from "./check.js";
import "./verifier.css";

const texts = JSON.parse(document.getElementById("texts").textContent);
const sheet = document.getElementById("sheet").textContent;
const verdict = check(sheet);
let language = document.documentElement.lang in texts ? document.documentElement.lang : "uk";

globalThis.reglament = { check };
draw();

function say(name, places = {}) {
  return Object.entries(places).reduce((text, [place, value]) => text.replace(`%(${place})s`, value), texts[language][name]);
}

function make(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content.filter(one => one !== null && one !== undefined && one !== ""));
  return made;
}

function draw() {
  document.documentElement.lang = language;
  const number = value(verdict.top, "number");
  document.title = `${say("title")} ${number}`;
  const other = language === "uk" ? "en" : "uk";
  const change = make("button", "language", texts[other].language);
  change.type = "button";
  change.lang = other;
  change.addEventListener("click", () => {
    language = other;
    draw();
    document.querySelector("button.language").focus();
  });
  const main = document.getElementById("shown");
  main.replaceChildren(make("header", "", make("h1", "", say("title")), change), banner());
  try {
    main.append(facts(), ...decisions(), ...notes(), ...passedOver(), ...erasures());
  } catch (failure) { // an altered sheet may hold anything; the verdict stands above
    if (verdict.faults.length === 0) throw failure;
  }
  main.append(meaning(), proof());
}

function banner() {
  const isWhole = verdict.faults.length === 0;
  const box = make("section", isWhole ? "verdict whole" : "verdict altered");
  box.setAttribute("role", "status");
  box.append(make("h2", "", say(isWhole ? "is_whole" : "is_altered")));
  if (isWhole) {
    box.append(make("p", "", say(verdict.entries.every(one => one.signature) ? "all_signed" : "some_unsigned")));
    return box;
  }
  const list = make("ul");
  for (const [place, reason] of verdict.faults) {
    list.append(make("li", "", `${place ? say("entry", { number: place }) : say("the_whole")}: ${say(reason)}.`));
  }
  box.append(list);
  return box;
}

function facts() {
  const opened = verdict.entries.find(one => value(one.entry, "kind") === "deal_opened")?.data ?? new Map();
  return pairs([
    [say("deal"), [value(verdict.top, "number"), value(verdict.top, "title")].filter(Boolean).join(" · ")],
    [say("client"), value(verdict.top, "client")],
    [say("amount"), [sum(value(opened, "amount")), value(opened, "currency")].filter(Boolean).join(" ")],
    [say("map"), [value(opened, "map_key"), value(opened, "map_version")].filter(Boolean).join(", ")],
  ]);
}

function decisions() {
  const decided = verdict.entries.filter(one => isDecision(one.entry, one.data));
  if (decided.length === 0 && verdict.entries.length) return [make("p", "", say("nothing_decided"))];
  return decided.map(({ entry, data, signature }) => {
    const outcome = value(data, "outcome");
    const who = [value(entry, "actor_name"), value(data, "position"), value(data, "department")].filter(Boolean);
    return make(
      "section",
      `decision ${outcome}`,
      make("h2", "", value(data, "name")),
      make("p", "outcome", word(data)),
      pairs([
        [say("decided_by"), who.join(", ")],
        [say("on_behalf_of"), value(data, "on_behalf_of")],
        [say("when"), moment(value(entry, "at"))],
        [say("comment"), value(data, "comment")],
        [say("authentication"), provedBy(value(data, "authentication"))],
        ...attached(value(entry, "number")),
        ...erased(value(entry, "number")),
      ]),
      opened(say("content"), pairs(content(data))),
      pairs([
        [say("content_hash"), code(value(data, "content_hash"))],
        [say("entry_hash"), code(`№ ${value(entry, "number")} · ${value(entry, "hash")}`)],
        [say("signature"), signature ? `№ ${value(signature, "position")} · ${moment(value(signature, "at"))}` : say("not_signed")],
      ], "proof"),
    );
  });
}

// What was decided on, under the labels that the map gave its fields then; only names are known of older entries.
function content(data) {
  const decided = JSON.parse(data.get("content") ?? "{}");
  const labels = JSON.parse(data.get("labels") ?? "{}");
  return Object.entries(decided).flatMap(([name, one]) => {
    if (name === "fields" && one) return Object.entries(one).map(([field, given]) => [labels[field] ?? field, chosen(field, given, labels)]);
    if (name === "files" && one) return one.map(file => [say("content_file"), `${file.name}, № ${file.version}, SHA-256: ${file.sha256}`]);
    return [[texts[language][`content_${name}`] ?? name, name === "amount" ? sum(one) : readable(one)]];
  });
}

function chosen(field, given, labels) {
  const made = [given].flat().map(one => labels[`${field}=${one}`]);
  return made.length && made.every(Boolean) ? made.join(", ") : readable(given);
}

function erased(number) {
  return verdict.entries
    .filter(one => isErasure(one) && value(one.data, "entries").includes(number))
    .map(({ entry }) => [say("erased"), say("erased_on", {
      day: moment(value(entry, "at")), name: value(entry, "actor_name"), number: value(entry, "number"),
    })]);
}

function erasures() {
  return verdict.entries.filter(isErasure).map(({ entry, data }) => make(
    "section",
    "decision returned",
    make("h2", "", say("erased_title")),
    pairs([
      [say("who"), value(entry, "actor_name")],
      [say("when"), moment(value(entry, "at"))],
      [say("basis"), value(data, "basis")],
      [say("erased_from"), value(data, "entries").map(number => `№ ${number}`).join(", ")],
      [say("entry_hash"), code(`№ ${value(entry, "number")} · ${value(entry, "hash")}`)],
    ]),
  ));
}

function attached(number) {
  return verdict.entries
    .filter(({ entry, data }) => value(entry, "kind") === "signature_attached" && value(data, "decision") === number)
    .map(({ data }) => [say("attached"), [value(data, "name"), value(data, "signer"), value(data, "sha256")].filter(Boolean).join(" · ")]);
}

function word(data) {
  const outcome = value(data, "outcome");
  return value(data, "outcome_label") || say(outcome === "approved" && value(data, "comment") ? "with_remarks" : outcome);
}

function notes() {
  const kinds = ["approval_kept", "approval_asked_again", "approval_recalled", "approvals_spared"];
  return verdict.entries
    .filter(({ entry }) => kinds.includes(value(entry, "kind")))
    .map(({ entry, data }) => make(
      "section",
      "decision returned",
      make("h2", "", value(data, "name") || value(data, "withdrawn") || value(data, "steps")?.join(", ") || ""),
      make("p", "outcome", say(value(entry, "kind"))),
      pairs([
        [say(value(entry, "kind") === "approvals_spared" ? "who" : "decided_by"), value(data, "by") || value(entry, "actor_name")],
        [say("when"), moment(value(entry, "at"))],
        [say("comment"), value(data, "comment") || value(data, "reason")],
        [say("entry_hash"), code(`№ ${value(entry, "number")} · ${value(entry, "hash")}`)],
      ]),
    ));
}

function passedOver() {
  const moves = [];
  for (const one of verdict.entries) {
    const kind = value(one.entry, "kind");
    if (kind === "deal_moved" || kind === "deal_version_moved") moves.push(one);
    else if (kind === "move_undone" || kind === "version_move_undone") moves.pop();
  }
  return moves
    .filter(({ data }) => value(data, "passed_over")?.length)
    .map(({ entry, data }) => make(
      "section",
      "decision rejected",
      make("h2", "", value(data, "passed_over").join(", ")),
      make("p", "outcome", say("passed_over")),
      pairs([
        [say("moved_by"), value(entry, "actor_name")],
        [say("when"), moment(value(entry, "at"))],
        [say("comment"), value(data, "reason")],
      ]),
    ));
}

function meaning() {
  return make("section", "meaning", make("h2", "", say("meaning_title")), make("p", "", say("meaning")), make("p", "", say("meaning_not")));
}

function proof() {
  const faulty = new Set(verdict.faults.map(([place]) => place));
  const rows = verdict.entries.map(({ entry, signature }, index) => {
    const row = make(
      "tr",
      faulty.has(index + 1) ? "faulty" : "",
      make("td", "", `${value(entry, "number")}`),
      make("td", "", value(entry, "kind")),
      make("td", "", value(entry, "actor_name")),
      make("td", "", moment(value(entry, "at"))),
      make("td", "", code(value(entry, "hash"))),
      make("td", "", signature ? `${value(signature, "position")}` : "—"),
    );
    return row;
  });
  const head = make("tr", "", ...["number", "kind", "who", "when", "hash", "position"].map(name => {
    const cell = make("th", "", say(name));
    cell.scope = "col";
    return cell;
  }));
  const frame = make("div", "table", make("table", "", make("thead", "", head), make("tbody", "", ...rows)));
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", say("entries"));
  const keys = [...verdict.keys].map(([id, publicKey]) => make("p", "", `${say("key")} ${id}: `, code(publicKey)));
  return make("section", "", make("h2", "", say("proof_title")), make("p", "", say("proof")), ...keys, folded(say("entries"), frame));
}

function folded(title, content) {
  return make("details", "", make("summary", "", title), content);
}

function opened(title, content) {
  const details = folded(title, content);
  details.open = true;
  return details;
}

function pairs(given, className) {
  const list = make("dl", className);
  for (const [name, content] of given) {
    if (content === "" || content === undefined || content === null) continue;
    list.append(make("div", "", make("dt", "", name), make("dd", "", content)));
  }
  return list;
}

function code(text) {
  return make("code", "", text);
}

function value(of, name) {
  const raw = of.get(name);
  return raw === undefined ? "" : JSON.parse(raw);
}

function readable(one) {
  if (one === null || one === undefined || one === "") return "";
  if (Array.isArray(one)) return one.map(readable).filter(Boolean).join("; ");
  if (typeof one === "object") {
    return Object.entries(one).map(([name, inner]) => `${name}: ${readable(inner) || "—"}`).join(", ");
  }
  return String(one);
}

function provedBy(given) {
  if (typeof given?.by !== "string") return readable(given);
  return [texts[language][`by ${given.by}`] ?? given.by, moment(given.at)].join(", ");
}

// The digits that were recorded, in groups: no rounding can say another sum.
function sum(recorded) {
  const [whole, ...cents] = readable(recorded).split(".");
  const mark = language === "en" ? [",", "."] : ["\u00a0", ","];
  return [whole.replace(/\B(?=(\d{3})+$)/g, mark[0]), ...cents].join(mark[1]);
}

function moment(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return text;
  return at.toLocaleString(language === "en" ? "en-GB" : language, { dateStyle: "long", timeStyle: "medium", timeZone: "Europe/Kyiv" }) + ` (${say("kyiv")})`;
}
