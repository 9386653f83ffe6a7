// The drawing program knows only Latin ids, and references without a prefix. Other tools write others: they are put
// into its terms when a file is opened, and written back as they were.
const LEGAL = /^[a-z_][\w.-]*$/i;
const MARK = "Xid_";
const CODED = new RegExp(`${MARK}((?:[0-9a-f]{4})+)`, "g");
const BEARS_REFERENCE = /^(id|bpmnElement|default|source|target)$|Refs?$/;
const IS_REFERENCE = /^(incoming|outgoing|source|target)$|Refs?$/;

export const coded = id => (!id || LEGAL.test(id) ? id : MARK + [...Array(id.length).keys()].map(at => id.charCodeAt(at).toString(16).padStart(4, "0")).join(""));

const decoded = (_, hex) => String.fromCharCode(...hex.match(/.{4}/g).map(four => parseInt(four, 16)));

export const asWritten = xml => xml.replace(CODED, decoded);

// The file in the drawing program's terms; itself where it is so already.
export function readable(xml) {
  const parsed = new DOMParser().parseFromString(xml, "application/xml");
  const ids = new Set([...parsed.querySelectorAll("[id]")].map(element => element.getAttribute("id")));
  let changed = false;
  const inItsTerms = text => {
    const word = text.trim();
    const bare = ids.has(word) ? word : word.replace(/^[\w.-]+:/, "");
    if (!ids.has(bare) || (bare === text && LEGAL.test(bare))) return text;
    changed = true;
    return coded(bare);
  };
  for (const element of parsed.querySelectorAll("*")) {
    for (const attribute of element.attributes) {
      if (!attribute.prefix && BEARS_REFERENCE.test(attribute.localName)) {
        const value = inItsTerms(attribute.value);
        if (value !== attribute.value) attribute.value = value;
      }
    }
    if (!element.children.length && IS_REFERENCE.test(element.localName)) {
      const value = inItsTerms(element.textContent);
      if (value !== element.textContent) element.textContent = value;
    }
  }
  return changed ? new XMLSerializer().serializeToString(parsed) : xml;
}
