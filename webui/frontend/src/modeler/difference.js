// What distinguishes two states of a map, in words: what theirs has that mine has not, and the other way round.
import { BpmnModdle } from "bpmn-moddle";
import { diff } from "bpmn-js-differ";

const DRAWN = /^(bpmndi|dc|di):/;
const titleOf = element => element.name || element.value || element.text || element.id;
const isWorthTelling = element => !DRAWN.test(element.$type) && (element.name || element.$type !== "bpmn:SequenceFlow");

async function read(xml) {
  const { rootElement, elementsById } = await new BpmnModdle().fromXML(xml);
  return { definitions: rootElement, byId: elementsById };
}

// What a comparison of models does not look into: what stands in the bags of extension elements.
function written(element) {
  return JSON.stringify((element?.extensionElements?.values ?? []).map(bare));
}

function bare(generic) {
  const attributes = Object.entries(generic).filter(([name, value]) => !name.startsWith("$") && typeof value !== "object");
  return [generic.$type, attributes.sort(), generic.$body ?? "", (generic.$children ?? []).map(bare)];
}

// [{kind: "added" | "removed" | "changed" | "moved", name}], seen from mine.
export async function difference(theirs, mine) {
  const before = await read(theirs), after = await read(mine);
  const found = diff(before.definitions, after.definitions);
  const told = new Set();
  const lines = [];
  const tell = (kind, elements) => {
    for (const element of elements) {
      if (told.has(element.id) || !isWorthTelling(element)) continue;
      told.add(element.id);
      lines.push({ kind, name: titleOf(element) });
    }
  };
  const otherwise = Object.keys(after.byId).filter(id => before.byId[id] && written(before.byId[id]) !== written(after.byId[id]));
  tell("added", Object.values(found._added));
  tell("removed", Object.values(found._removed));
  tell("changed", [...Object.keys(found._changed), ...otherwise].map(id => after.byId[id]).filter(Boolean));
  tell("moved", Object.keys(found._layoutChanged).map(id => after.byId[id]).filter(Boolean));
  return lines;
}
