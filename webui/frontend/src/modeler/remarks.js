// What is noticed about the map: the server's findings, and between two savings the checks that run here. Both are
// told in the server's words, as badges on the drawing and as a list beside it.
import { Linter } from "bpmnlint";
import { byElement, mapBadge } from "../map_badge.js";
import { checksOf } from "./rules.js";

const DELAY_MS = 350;
const ORDER = ["error", "warning", "info"];

const filled = (template, params) => template.replace(/%\((\w+)\)s/g, (_, name) => params[name] ?? "…");

// The rules in the form that bpmnlint asks for. What a rule fills into its text travels in the message.
function rulesOf(checks) {
  const rules = Object.fromEntries(Object.entries(checks).map(([code, check]) => [code, () => ({
    check: (node, reporter) => check(node, (params, at = node) => reporter.report(at.id ?? node.id, JSON.stringify(params))),
  })]));
  return {
    config: { rules: Object.fromEntries(Object.keys(rules).map(code => [code, "warn"])) },
    resolver: { resolveRule: (_, code) => rules[code], resolveConfig: () => ({}) },
  };
}

export class Remarks {
  // `codes` gives severity, message and remedy of what is checked here; `box` is the list's element.
  constructor(modeler, { codes, said, box, words }) {
    Object.assign(this, { modeler, codes, box, words, server: [], isStale: false });
    const checks = Object.fromEntries(Object.entries(checksOf(said)).filter(([code]) => code in codes));
    this.linter = new Linter(rulesOf(checks));
    this.codesHere = new Set(Object.keys(checks));
    this.overlayIds = [];
    modeler.on("commandStack.changed", () => this.later());
    box.addEventListener("click", event => {
      const row = event.target.closest("[data-remark]");
      if (row?.dataset.remark) this.choose(row.dataset.remark);
    });
  }

  // The server has the last word: what it said stands until the map changes.
  told(findings) {
    clearTimeout(this.timer);
    this.server = findings;
    this.show(findings);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), DELAY_MS);
  }

  async check() {
    const definitions = this.modeler.getDefinitions();
    if (!definitions) return;
    const results = await this.linter.lint(definitions);
    const registry = this.modeler.get("elementRegistry");
    const here = Object.entries(results).flatMap(([code, reports]) => reports
      .filter(report => report.category !== "rule-error" && (code === "NOTHING_TO_EXECUTE" || registry.get(report.id)))
      .map(report => this.finding(code, report)));
    const fromServer = this.server.filter(one => !this.codesHere.has(one.code) && (!one.element || registry.get(one.element)));
    this.show([...here, ...fromServer]);
  }

  finding(code, report) {
    const params = JSON.parse(report.message), { severity, message, remedy } = this.codes[code];
    const element = code === "NOTHING_TO_EXECUTE" ? "" : report.id;
    const name = this.modeler.get("elementRegistry").get(element)?.businessObject.name ?? "";
    return { code, severity, element, name, text: filled(message, params), remedy: filled(remedy, params) };
  }

  show(findings) {
    const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
    const overlays = this.modeler.get("overlays"), registry = this.modeler.get("elementRegistry");
    for (const id of this.overlayIds) overlays.remove(id);
    this.overlayIds = [...byElement(sorted)].filter(([id]) => id && registry.get(id)).map(([id, ofElement]) => overlays.add(id, {
      position: { top: -10, right: 12 }, html: mapBadge(ofElement, () => { this.choose(id); this.onChosen?.(id); }),
    }));
    this.box.replaceChildren(...sorted.map(finding => this.row(finding)));
    if (!sorted.length) this.box.append(paragraph("quiet px-3 py-2 mb-0", this.words.no_remarks));
    this.onCounted?.(sorted.filter(one => one.severity !== "info").length, sorted.some(one => one.severity === "error"));
  }

  row(finding) {
    const item = document.createElement("li");
    item.className = `finding is-${finding.severity}`;
    const known = finding.element && this.modeler.get("elementRegistry").get(finding.element);
    const body = document.createElement(known ? "button" : "div");
    body.className = "finding-body";
    if (known) Object.assign(body, { type: "button" }).dataset.remark = finding.element;
    const label = { error: this.words.error, warning: this.words.warning, info: this.words.info }[finding.severity];
    const place = Object.assign(document.createElement("span"), { className: "finding-place" });
    const name = document.createElement("strong");
    name.textContent = finding.name || label;
    place.append(name);
    if (finding.name) place.append(Object.assign(document.createElement("span"), { textContent: label }));
    body.append(place, paragraph("finding-text", finding.text));
    if (finding.remedy) body.append(paragraph("finding-remedy", finding.remedy));
    item.append(body);
    return item;
  }

  choose(id) {
    const element = this.modeler.get("elementRegistry").get(id);
    if (!element) return;
    this.modeler.get("canvas").scrollToElement(element, 120);
    this.modeler.get("selection").select(element);
  }
}

function paragraph(className, text) {
  return Object.assign(document.createElement("span"), { className: `d-block ${className}`, textContent: text });
}
