// The panel beside the drawing: what the owner says about the chosen step, in the words of the table of steps. The
// form stands in the page; here it is filled from the element and its changes are done to it, each undoable.
import { is, isAny, getBusinessObject } from "bpmn-js/lib/util/ModelUtil";

const DELAY_MS = 600;
const HUMAN_EVENTS = ["bpmn:IntermediateCatchEvent", "bpmn:BoundaryEvent"];
const WAITING = "bpmn:TimerEventDefinition";

const timerOf = businessObject => businessObject.eventDefinitions?.find(event => is(event, WAITING));

// Which parts of the form an element has.
function partsOf(element) {
  if (!element) return [];
  const businessObject = getBusinessObject(element);
  const parts = ["named"];
  if (isAny(element, ["bpmn:Process", "bpmn:Collaboration", "bpmn:Participant"])) parts.push("map");
  else if (is(element, "bpmn:Activity")) parts.push("step");
  else if (isAny(element, HUMAN_EVENTS) && !timerOf(businessObject)) parts.push("step");
  if (is(element, "bpmn:EndEvent")) parts.push("end");
  if (timerOf(businessObject)) parts.push("timer");
  if (is(element, "bpmn:CallActivity")) parts.push("call");
  if (is(element, "bpmn:SequenceFlow") && isAny(businessObject.sourceRef, ["bpmn:ExclusiveGateway", "bpmn:InclusiveGateway", "bpmn:Activity"])) parts.push("flow");
  return parts;
}

export class Panel {
  // `understood()` gives what the server read of a step: shown where the owner has said nothing.
  // `processId` is the process that is the sales map, where the drawing shows several.
  constructor(modeler, form, { properties, understood, words, processId }) {
    Object.assign(this, { modeler, form, properties, understood, words, processId, element: null, pending: null });
    this.modeling = modeler.get("modeling");
    this.fields = [...form.querySelectorAll("[data-key], [data-part]")].filter(field => field.name);
    modeler.on("selection.changed", ({ newSelection }) => this.show(newSelection));
    modeler.on("commandStack.changed", () => this.refresh());
    modeler.on("import.done", () => this.show([]));
    form.addEventListener("submit", event => event.preventDefault());
    form.addEventListener("input", event => this.typed(event.target));
    form.addEventListener("change", () => this.flush());
    form.addEventListener("focusout", () => this.flush());
  }

  show(selection) {
    this.flush();
    this.element = selection.length > 1 ? null : (selection[0]?.labelTarget ?? selection[0] ?? this.root());
    this.refresh();
    if (selection.length > 1) this.form.querySelector("[data-kind]").textContent = this.words.several;
  }

  // The whole drawing; nothing before there is one.
  root() {
    const root = this.modeler.get("canvas").getRootElement();
    return root.businessObject ? root : null;
  }

  refresh() {
    if (this.pending) return;
    if (this.element && !this.isRoot() && !this.modeler.get("elementRegistry").get(this.element.id)) this.element = this.root();
    const parts = partsOf(this.element);
    for (const section of this.form.querySelectorAll("[data-for]")) section.hidden = !parts.includes(section.dataset.for);
    this.form.querySelector("[data-kind]").textContent = this.element ? this.kind() : "";
    if (!this.element) return;
    const said = this.properties.read(this.subject());
    const read = this.understood()[this.subject().id] ?? {};
    for (const field of this.fields) {
      const value = field.dataset.key ? (said[field.dataset.key] ?? "") : this.readPart(field.dataset.part);
      if (document.activeElement !== field && field.value !== value) this.fill(field, value);
      if (field.dataset.key && "placeholder" in field) field.placeholder = read[field.dataset.key] || field.dataset.example || "";
    }
  }

  // A word that the list of choices does not know, from another tool or another language, is kept as it is.
  fill(field, value) {
    field.querySelector?.("[data-foreign]")?.remove();
    if (field.tagName === "SELECT" && ![...field.options].some(option => option.value === value)) {
      const option = new Option(value, value);
      option.dataset.foreign = "";
      field.append(option);
    }
    field.value = value;
  }

  isRoot() {
    return this.isElementRoot(this.element);
  }

  kind() {
    return isAny(this.element, ["bpmn:Process", "bpmn:Collaboration"]) ? this.words.whole_map : this.modeler.get("typeNames").of(this.element);
  }

  // Of a pool and of the whole drawing it is the process that bears what is said.
  subject() {
    const businessObject = getBusinessObject(this.element);
    if (is(businessObject, "bpmn:Participant")) return businessObject.processRef ?? businessObject;
    if (is(businessObject, "bpmn:Collaboration")) {
      const processes = (businessObject.participants ?? []).map(pool => pool.processRef).filter(Boolean);
      return processes.find(process => process.id === this.processId) ?? processes[0] ?? businessObject;
    }
    return businessObject;
  }

  typed(field) {
    if (!this.element || !field.name || !(field.dataset.key || field.dataset.part)) return;
    this.flushOther(field);
    this.pending = { field, element: this.element, subject: this.subject() };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), DELAY_MS);
    this.onTyped?.();
  }

  flushOther(field) {
    if (this.pending && this.pending.field !== field) this.flush();
  }

  // Do what was typed to the element that it was typed for, whatever has been chosen meanwhile.
  flush() {
    clearTimeout(this.timer);
    if (!this.pending) return;
    const { field, element, subject } = this.pending;
    this.pending = null;
    const { key, part } = field.dataset;
    if (key && (this.properties.read(subject)[key] ?? "") !== field.value.trim()) this.properties.write(element, subject, { [key]: field.value });
    else if (part && this.readPart(part, element, subject) !== field.value) this.writePart(part, field.value, element, subject);
  }

  readPart(part, element = this.element, subject = this.subject()) {
    const businessObject = getBusinessObject(element);
    switch (part) {
      case "name": return nameOf(element, businessObject, subject);
      case "documentation": return subject.documentation?.[0]?.text ?? "";
      case "condition": return businessObject.conditionExpression?.body ?? "";
      case "called": return businessObject.calledElement ?? "";
      default: return timerText(timerOf(businessObject));
    }
  }

  writePart(part, text, element, subject) {
    const factory = this.modeler.get("bpmnFactory");
    const expression = body => factory.create("bpmn:FormalExpression", { body: body.trim() });
    switch (part) {
      case "name":
        if (subject !== getBusinessObject(element) && !is(element, "bpmn:Participant")) this.modeling.updateModdleProperties(element, subject, { name: text || undefined });
        else if (element.type === "bpmn:TextAnnotation" || !this.isElementRoot(element)) this.modeling.updateLabel(element, text);
        else this.modeling.updateProperties(element, { name: text || undefined });
        break;
      case "documentation": {
        const [first, ...others] = subject.documentation ?? [];
        const changed = text ? [factory.create("bpmn:Documentation", { textFormat: first?.textFormat, text })] : [];
        this.modeling.updateModdleProperties(element, subject, { documentation: [...changed, ...others] });
        break;
      }
      case "condition":
        this.modeling.updateProperties(element, { conditionExpression: text.trim() ? expression(text) : undefined });
        break;
      case "called":
        this.modeling.updateProperties(element, { calledElement: text.trim() || undefined });
        break;
      default: {
        const timer = timerOf(getBusinessObject(element));
        const kind = ["timeDate", "timeCycle"].find(name => timer[name]) ?? "timeDuration";
        this.modeling.updateModdleProperties(element, timer, { [kind]: text.trim() ? expression(text) : undefined });
      }
    }
  }

  isElementRoot(element) {
    return element === this.modeler.get("canvas").getRootElement();
  }
}

function nameOf(element, businessObject, subject) {
  if (is(element, "bpmn:TextAnnotation")) return businessObject.text ?? "";
  if (is(element, "bpmn:Group")) return businessObject.categoryValueRef?.value ?? "";
  return (is(element, "bpmn:Collaboration") ? subject : businessObject).name ?? "";
}

function timerText(timer) {
  return ["timeDuration", "timeDate", "timeCycle"].map(name => timer?.[name]?.body).find(Boolean) ?? "";
}
