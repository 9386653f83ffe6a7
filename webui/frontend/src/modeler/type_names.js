// What kind of thing an element is, in the words of the menu that changes it.
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";
import { isEventSubProcess, isExpanded, isInterrupting } from "bpmn-js/lib/util/DiUtil";

const EVENTS = { Start: "start event", IntermediateCatch: "intermediate catch event", IntermediateThrow: "intermediate throw event", Boundary: "boundary event", End: "end event" };

function englishName(element) {
  const businessObject = getBusinessObject(element);
  const type = businessObject.$type.replace("bpmn:", "");
  if (is(businessObject, "bpmn:Event")) {
    const place = EVENTS[type.replace("Event", "")] ?? "event";
    const definition = businessObject.eventDefinitions?.[0]?.$type.replace("bpmn:", "").replace("EventDefinition", "");
    const suffix = isInterrupting(element) === false ? " (non-interrupting)" : "";
    const plain = place.startsWith("intermediate") && !definition ? "intermediate throw event" : place;
    return capital(definition ? `${definition} ${place}${suffix}` : plain);
  }
  if (is(businessObject, "bpmn:SubProcess")) {
    if (isEventSubProcess(element)) return "Event sub-process";
    const kind = { AdHocSubProcess: "Ad-hoc sub-process", Transaction: "Transaction" }[type] ?? "Sub-process";
    return kind === "Transaction" ? kind : `${kind} (${isExpanded(element) ? "expanded" : "collapsed"})`;
  }
  const fixed = { EventBasedGateway: "Event-based gateway", SequenceFlow: "Sequence flow", DataObjectReference: "Data object reference", DataStoreReference: "Data store reference", Participant: "Pool", Lane: "Lane", Group: "Group", TextAnnotation: "Text annotation", MessageFlow: "Message flow", Association: "Association" };
  return fixed[type] ?? capital(type.replace(/\B[A-Z]/g, letter => ` ${letter.toLowerCase()}`));
}

const capital = text => text[0].toUpperCase() + text.slice(1).toLowerCase();

function TypeNames(translate) {
  this.of = element => translate(englishName(element));
}
TypeNames.$inject = ["translate"];

export const typeNamesModule = { typeNames: ["type", TypeNames] };
