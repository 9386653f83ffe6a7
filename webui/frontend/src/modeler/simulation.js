// Plays the map with tokens that one can follow with the eyes. Of the program for it we leave out what writes inline
// styles, which the content policy forbids: its log, its notices and the colours of several runs.
import "bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css";
import TokenSimulation from "bpmn-js-token-simulation";
import TokenCount from "bpmn-js-token-simulation/lib/features/token-count/TokenCount.js";

class PlainTokenCount extends TokenCount {
  _getTokenHTML(element, scope) {
    const count = document.createElement("div");
    count.className = "bts-token-count waiting";
    count.dataset.scopeId = scope.id;
    count.textContent = scope.getTokensByElement(element);
    return count;
  }
}

const silent = { log() {}, clear() {}, showNotification() {}, addElementNotification() {}, addElementNotifications() {}, removeElementNotification() {} };

export const simulationModule = {
  __depends__: [TokenSimulation],
  tokenCount: ["type", PlainTokenCount],
  log: ["value", silent],
  notifications: ["value", silent],
  elementNotifications: ["value", silent],
  showScopes: ["value", silent],
  coloredScopes: ["value", silent],
};

const TITLES = [
  [/Play\/Pause/, "simulate_play"], [/Reset/, "simulate_reset"], [/Sequence Flow/, "simulate_pass"],
  [/Trigger/, "simulate_trigger"], [/pause point/, "simulate_pause"], [/animation speed/, "simulate_speed"],
];

// The program for playing knows English only: its buttons are named in the page's words as they appear.
export function nameButtons(canvas, words) {
  const name = () => {
    for (const button of canvas.querySelectorAll("[class*='bts-'][title], .bts-set-animation-speed [title]")) {
      const word = TITLES.find(([pattern]) => pattern.test(button.title))?.[1];
      if (word) {
        button.title = words[word];
        button.setAttribute("aria-label", words[word]);
      }
    }
  };
  new MutationObserver(name).observe(canvas, { childList: true, subtree: true });
  name();
}

const PLAYABLE_SCALE = 0.6; // below half the size the buttons at the elements are not shown

// Turns playing on or off; answers whether it is on. It begins where the map does.
export function toggleSimulation(modeler, button) {
  const isOn = button.getAttribute("aria-pressed") !== "true";
  modeler.get("toggleMode").toggleMode(isOn);
  button.setAttribute("aria-pressed", isOn);
  button.classList.toggle("active", isOn);
  const canvas = modeler.get("canvas");
  const start = modeler.get("elementRegistry").find(element => element.type === "bpmn:StartEvent");
  if (isOn && start && canvas.zoom() < PLAYABLE_SCALE) {
    canvas.zoom(PLAYABLE_SCALE);
    canvas.scrollToElement(start, 150);
  }
  return isOn;
}
