// What is told of elements of a drawing: a colour, and a sign with the words about it. A mark without a sign of its own
// says what differs between two versions, or what failed.
const SIGNS = { added: "+", removed: "−", changed: "≠", moved: "↔", failing: "!" };

// A large map drawn small, as on a phone, keeps its signs as large as a finger needs them.
export const SIGN_SCALE = { min: 1 };

const AFTER_OVERLAYS = 500; // a lower priority than that with which signs are put in their places

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

const cover = (one, other) =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

// Of signs that cover each other on a map drawn small, the first stays; drawn larger, all have room.
function makeRoom(signs) {
  for (const sign of signs) sign.hidden = false;
  const shown = [];
  for (const [sign, box] of signs.map(sign => [sign, sign.getBoundingClientRect()])) {
    sign.hidden = shown.some(other => cover(box, other));
    if (!sign.hidden) shown.push(box);
  }
}

// ``marks`` come with the worst first.
export function showMarks(viewer, marks, choose) {
  const signs = [];
  const canvas = viewer.get("canvas"), elements = viewer.get("elementRegistry"), overlays = viewer.get("overlays");
  for (const one of marks) {
    const element = elements.get(one.element);
    if (!element) continue;
    canvas.addMarker(one.element, `is-${one.mark}`);
    if (element.waypoints) continue;
    const sign = signOf(one, choose);
    overlays.add(one.element, { position: { top: -10, right: 12 }, scale: SIGN_SCALE, html: sign });
    signs.push(sign);
  }
  if (signs.length > 1) viewer.get("eventBus").on("canvas.viewbox.changed", AFTER_OVERLAYS, () => makeRoom(signs));
}
