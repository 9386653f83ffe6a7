// What is told of elements of a drawing: a colour, and a sign with the words about it. A mark without a sign of its own
// says what differs between two versions, or what failed.
const SIGNS = { added: "+", removed: "−", changed: "≠", moved: "↔", failing: "!" };

// A large map drawn small, as on a phone, keeps its signs as large as a finger needs them.
export const SIGN_SCALE = { min: 1 };

function signOf({ mark, text, element, sign: own }, choose) {
  const sign = document.createElement("button");
  sign.type = "button";
  sign.className = `map-badge map-badge-${mark}`;
  sign.textContent = own || SIGNS[mark];
  sign.title = text;
  sign.setAttribute("aria-label", `${sign.textContent}: ${text}`);
  sign.addEventListener("click", event => {
    event.stopPropagation();
    choose(element);
  });
  return sign;
}

export function showMarks(viewer, marks, choose) {
  const canvas = viewer.get("canvas"), elements = viewer.get("elementRegistry"), overlays = viewer.get("overlays");
  for (const one of marks) {
    const element = elements.get(one.element);
    if (!element) continue;
    canvas.addMarker(one.element, `is-${one.mark}`);
    if (!element.waypoints) overlays.add(one.element, { position: { top: -10, right: 12 }, scale: SIGN_SCALE, html: signOf(one, choose) });
  }
}
