// What the drawing program would not write back. Asked of every file when it is opened: a map is saved only when
// nothing of it would be lost.
const XMLNS = "http://www.w3.org/2000/xmlns/";
const DRAWING = new Set(["http://www.omg.org/spec/BPMN/20100524/DI", "http://www.omg.org/spec/DD/20100524/DI", "http://www.omg.org/spec/DD/20100524/DC"]);
// Written or not, these say the same.
const DEFAULTS = {
  isExecutable: "false", isInterrupting: "true", cancelActivity: "true", parallelMultiple: "false", isForCompensation: "false",
  startQuantity: "1", completionQuantity: "1", triggeredByEvent: "false", isSequential: "false", gatewayDirection: "Unspecified",
  processType: "None", isClosed: "false", isImmediate: "true", instantiate: "false", eventGatewayType: "Exclusive", behavior: "All",
  implementation: "##unspecified", isCollection: "false", isUnlimited: "true", itemKind: "Information", testBefore: "false",
  textFormat: "text/plain", associationDirection: "None", expressionLanguage: "http://www.w3.org/1999/XPath",
  typeLanguage: "http://www.w3.org/2001/XMLSchema", ordering: "Parallel", cancelRemainingInstances: "true", method: "##Compensate",
  waitForCompletion: "true", isStructureCollection: "false", importType: undefined,
};

const parsed = xml => new DOMParser().parseFromString(xml, "application/xml");
const squeezed = text => text.replace(/\s+/g, " ").trim();

function valueOf(text) {
  const value = squeezed(text);
  const number = Number(value);
  if (value !== "" && Number.isFinite(number)) return String(Math.round(number * 1000) / 1000);
  return value.replace(/^[\w.-]+:(?=[\w.-]+$)/, ""); // a QName: the prefix may be another
}

function identity(element) {
  const id = element.getAttribute("id") || element.getAttribute("bpmnElement") || element.getAttribute("name") || "";
  return `${element.localName} ${id}`.trim();
}

function* facts(element, path) {
  const own = `${path}/${element.namespaceURI}|${element.localName}#${element.getAttribute("id") ?? ""}`;
  yield [own, element];
  for (const attribute of element.attributes) {
    if (attribute.namespaceURI === XMLNS) continue;
    const isDefault = !attribute.namespaceURI && DEFAULTS[attribute.localName] === attribute.value.trim();
    if (!isDefault && attribute.value !== "") yield [`${own}@${attribute.namespaceURI ?? ""}|${attribute.localName}=${valueOf(attribute.value)}`, element, attribute.name];
  }
  const children = [...element.children];
  if (!children.length && squeezed(element.textContent)) yield [`${own}=${valueOf(element.textContent)}`, element];
  for (const child of children) yield* facts(child, own.replace(/\/[^/]*\|([^/]*)$/, "/$1"));
}

function isEmptyHolder(element) {
  return !element.children.length && !element.attributes.length && !squeezed(element.textContent);
}

function counted(xml) {
  const counts = new Map();
  const root = parsed(xml).documentElement;
  for (const [fact] of facts(root, "")) counts.set(fact, (counts.get(fact) ?? 0) + 1);
  return counts;
}

// Each thing of `before` that is missing in `after`, in words: ["userTask Step_1: camunda:assignee", …].
export function losses(before, after) {
  const written = counted(after);
  const missing = new Set();
  for (const [fact, element, attribute] of facts(parsed(before).documentElement, "")) {
    const left = written.get(fact) ?? 0;
    if (left > 0) written.set(fact, left - 1);
    else if (!isEmptyHolder(element) && !isRedrawn(element, attribute)) missing.add(told(element, attribute));
  }
  return [...missing];
}

// Labels of a size, ids of the drawing's parts and the like: bpmn-js draws them anew, and nobody's words are lost.
function isRedrawn(element, attribute) {
  return DRAWING.has(element.namespaceURI) && (attribute !== undefined || element.localName.startsWith("BPMNLabel") || element.localName === "Font" || element.parentElement?.localName.startsWith("BPMNLabel"));
}

function told(element, attribute) {
  const bearer = element.closest("[id]");
  const place = bearer && bearer !== element ? `${identity(bearer)}: ${element.nodeName}` : `${element.nodeName} ${element.getAttribute("id") ?? ""}`.trim();
  return attribute ? `${place}: ${attribute}` : place;
}

export function commentsIn(xml) {
  const walker = document.createTreeWalker(parsed(xml), NodeFilter.SHOW_COMMENT);
  let count = 0;
  while (walker.nextNode()) count += 1;
  return count;
}

const INSTANCE = "http://www.w3.org/2001/XMLSchema-instance";

// What the drawing program forgets of the file's head, put back as it stood: the comments in front of the root element,
// and where its schemas lie.
export function withHead(original, xml) {
  const comments = original.match(/^\uFEFF?\s*(?:<\?xml[^?]*\?>)?\s*((?:<!--[\s\S]*?-->\s*)+)/)?.[1] ?? "";
  const headed = xml.replace(/^(<\?xml[^?]*\?>\s*)?/, declaration => declaration + comments);
  const place = parsed(original).documentElement.getAttributeNS(INSTANCE, "schemaLocation");
  const root = parsed(headed).documentElement;
  if (!place || root.getAttributeNS(INSTANCE, "schemaLocation")) return headed;
  const prefix = root.lookupPrefix(INSTANCE) ?? "xsi";
  const declared = root.lookupPrefix(INSTANCE) ? "" : ` xmlns:xsi="${INSTANCE}"`;
  const quoted = place.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
  const name = root.nodeName;
  const at = headed.indexOf(`<${name}`, comments ? headed.indexOf(comments) + comments.length : 0) + name.length + 1;
  return `${headed.slice(0, at)}${declared} ${prefix}:schemaLocation="${quoted}"${headed.slice(at)}`;
}
