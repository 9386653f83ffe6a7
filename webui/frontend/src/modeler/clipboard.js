// Copying from one map into another: what is copied in any tab can be pasted in every other of the same browser.
const PLACE = "reglament-clipboard";

function reviver(moddle) {
  const seen = {};
  return (_, value) => {
    if (typeof value !== "object" || value === null || typeof value.$type !== "string") return value;
    if (value.id && seen[value.id]) return seen[value.id];
    const { $type, ...attributes } = value;
    const made = value.$uri ? generic(moddle, value) : moddle.create($type, attributes);
    if (attributes.id) seen[attributes.id] = made;
    return made;
  };
}

function generic(moddle, { $type, $uri, ...attributes }) {
  const made = moddle.createAny($type, $uri, attributes);
  for (const child of attributes.$children ?? []) child.$parent = made;
  return made;
}

// An element of another tool's namespace is written with its namespace: no descriptor knows it by its name.
function written(_, value) {
  if (!value?.$descriptor?.isGeneric) return value;
  const { $children, $body } = value;
  const attributes = Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith("$")));
  return { $type: value.$type, $uri: value.$descriptor.ns.uri, ...attributes, ...($children ? { $children } : {}), ...($body === undefined ? {} : { $body }) };
}

function ClipboardOfTheBrowser(eventBus, clipboard, moddle) {
  eventBus.on("copyPaste.elementsCopied", ({ tree }) => {
    try {
      localStorage.setItem(PLACE, JSON.stringify(tree, written));
    } catch (error) {
      console.warn("What was copied is too large for other tabs", error);
    }
  });
  const take = () => {
    const kept = localStorage.getItem(PLACE);
    if (kept) clipboard.set(JSON.parse(kept, reviver(moddle)));
  };
  take();
  const listen = event => event.key === PLACE && take();
  window.addEventListener("storage", listen);
  eventBus.on("diagram.destroy", () => window.removeEventListener("storage", listen));
}
ClipboardOfTheBrowser.$inject = ["eventBus", "clipboard", "moddle"];

export const clipboardModule = { __init__: ["clipboardOfTheBrowser"], clipboardOfTheBrowser: ["type", ClipboardOfTheBrowser] };
