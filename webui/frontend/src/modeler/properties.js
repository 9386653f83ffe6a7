// What an owner says about an element, kept as extension elements that every other tool leaves alone:
//   <reglament:properties><reglament:property name="stage" value="…"/></reglament:properties>, mirrored as camunda:properties.
// No descriptor is given to bpmn-js for either namespace: it drops what a descriptor does not name, and keeps the rest.
export const REGLAMENT = "https://reglament.app/schema/bpmn/1.0";
export const CAMUNDA = "http://camunda.org/schema/1.0/bpmn";
const MIRRORS = [["reglament", REGLAMENT], ["camunda", CAMUNDA]];
const NAME_ATTRIBUTES = ["name", "metaKey", "key", "id"];
const VALUE_ATTRIBUTES = ["value", "metaValue"];

// Their pairs describe a form's field or a call, not the step.
const OTHER_HOLDERS = new Set(["formData", "formField", "formProperty", "field", "connector", "ioMapping", "inputOutput", "taskHeaders", "message"]);

export const isOf = (extension, uri, local) => extension.$descriptor?.ns?.uri === uri && extension.$descriptor.ns.localName === local;

const isOtherHolder = extension => OTHER_HOLDERS.has(extension.$descriptor?.ns?.localName);
const childrenOf = extension => extension.$children ?? [];
const attributesOf = generic => Object.fromEntries(
  Object.entries(generic).filter(([name, value]) => !name.startsWith("$") && typeof value !== "object"),
);

export class Properties {
  // `words` are the names that a property may bear, in every language: {"етап": "stage", …}.
  constructor(injector, words) {
    this.moddle = injector.get("moddle");
    this.factory = injector.get("bpmnFactory");
    this.modeling = injector.get("modeling");
    this.words = words;
  }

  keyOf(name) {
    const folded = String(name ?? "").trim().toLocaleLowerCase().replace(/['’ʼ‘`´]/g, "").replace(/[\s\-_]+/g, "_");
    return this.words[folded];
  }

  // {key: text} of what stands in our own namespace or, where nothing does, in the bag of another tool.
  read(businessObject) {
    const own = {}, foreign = {};
    const take = (into, name, value) => {
      const key = this.keyOf(name);
      if (key && value !== undefined && String(value).trim()) into[key] ??= String(value).trim();
    };
    for (const [name, value] of Object.entries(businessObject.$attrs ?? {})) {
      const [prefix, local] = name.split(":");
      if (local && this.isOurPrefix(businessObject, prefix)) take(own, local, value);
    }
    for (const extension of businessObject.extensionElements?.values ?? []) {
      if (isOtherHolder(extension)) continue;
      const ours = extension.$descriptor?.ns?.uri === REGLAMENT;
      if (ours && !isOf(extension, REGLAMENT, "property")) {
        for (const [name, value] of Object.entries(attributesOf(extension))) take(own, name, value);
      }
      for (const part of [extension, ...childrenOf(extension)]) {
        const name = NAME_ATTRIBUTES.map(attribute => part[attribute]).find(Boolean);
        const value = VALUE_ATTRIBUTES.map(attribute => part[attribute]).find(text => text !== undefined) ?? part.$body;
        if (name) take(ours ? own : foreign, name, value);
      }
    }
    return { ...foreign, ...own };
  }

  isOurPrefix(businessObject, prefix) {
    for (let at = businessObject; at; at = at.$parent) {
      const uri = at.$attrs?.[`xmlns:${prefix}`];
      if (uri) return uri === REGLAMENT;
    }
    return prefix === "reglament";
  }

  // One undoable change. An empty text takes the property away; all else that the element carries stays.
  write(element, businessObject, changes) {
    const told = Object.fromEntries(Object.entries(changes).map(([key, text]) => [key, (text ?? "").trim()]));
    const before = businessObject.extensionElements;
    let values = (before?.values ?? []).map(extension => this.withoutAttributes(extension, told));
    for (const [prefix, uri] of MIRRORS) values = this.written(values, prefix, uri, told);
    const holder = values.length ? this.factory.create("bpmn:ExtensionElements", { values }) : undefined;
    if (holder) {
      holder.$parent = businessObject;
      for (const extension of values) extension.$parent = holder;
    }
    const stale = Object.keys(businessObject.$attrs ?? {}).filter(name => {
      const [prefix, local] = name.split(":");
      return local && this.keyOf(local) in told && this.isOurPrefix(businessObject, prefix);
    });
    this.modeling.updateModdleProperties(element, businessObject, {
      extensionElements: holder, ...Object.fromEntries(stale.map(name => [name, undefined])),
    });
  }

  withoutAttributes(extension, told) {
    if (extension.$descriptor?.ns?.uri !== REGLAMENT || isOtherHolder(extension)) return extension;
    const attributes = attributesOf(extension);
    const stale = Object.keys(attributes).filter(name => this.keyOf(name) in told);
    if (!stale.length || isOf(extension, REGLAMENT, "property")) return extension;
    const kept = Object.fromEntries(Object.entries(attributes).filter(([name]) => !stale.includes(name)));
    return this.generic(extension.$type, REGLAMENT, kept, childrenOf(extension));
  }

  written(values, prefix, uri, told) {
    const at = values.findIndex(extension => isOf(extension, uri, "properties"));
    const children = at < 0 ? [] : childrenOf(values[at]);
    const untold = { ...told };
    const kept = [];
    for (const child of children) {
      const key = isOf(child, uri, "property") ? this.keyOf(child.name) : undefined;
      if (!(key in told)) kept.push(child);
      else if (untold[key]) {
        kept.push(this.generic(child.$type, uri, { ...attributesOf(child), value: untold[key] }));
        delete untold[key];
      }
    }
    const type = at < 0 ? `${prefix}:properties` : values[at].$type;
    for (const [key, value] of Object.entries(untold)) {
      if (value) kept.push(this.generic(type.replace(/properties$/, "property"), uri, { name: key, value }));
    }
    const others = values.filter((_, index) => index !== at);
    if (!kept.length) return others;
    const bag = this.generic(type, uri, at < 0 ? {} : attributesOf(values[at]), kept);
    return at < 0 ? [...others, bag] : values.map((extension, index) => (index === at ? bag : extension));
  }

  generic(type, uri, attributes, children) {
    const made = this.moddle.createAny(type, uri, { ...attributes, ...(children ? { $children: children } : {}) });
    for (const child of children ?? []) child.$parent = made;
    return made;
  }
}

// Copying and changing the type of a step must not lose what stands in it. bpmn-js copies only what it has a name for.
function CopyEverything(eventBus, moddle) {
  const copied = (generic, parent) => {
    const made = moddle.createAny(generic.$type, generic.$descriptor.ns.uri, attributesOf(generic));
    if (generic.$body !== undefined) made.$body = generic.$body;
    if (generic.$children) made.$children = generic.$children.map(child => copied(child, made));
    made.$parent = parent;
    return made;
  };
  eventBus.on("moddleCopy.canCopyProperty", 2000, ({ property, parent }) => {
    if (property?.$descriptor?.isGeneric) return copied(property, parent);
  });
  eventBus.on("moddleCopy.canCopyProperties", 2000, ({ sourceElement, targetElement }) => {
    for (const [name, value] of Object.entries(sourceElement.$attrs ?? {})) {
      if (name.includes(":") && !name.startsWith("xmlns")) targetElement.$attrs[name] ??= value;
    }
  });
}
CopyEverything.$inject = ["eventBus", "moddle"];

export const copyModule = { __init__: ["copyEverything"], copyEverything: ["type", CopyEverything] };
