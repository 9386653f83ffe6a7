// No network: a bar on every page says so and what becomes of what is typed; it goes when the network is back, and
// whatever was kept on this device meanwhile is sent (drafts.js listens to "online" itself).
import { toast } from "./toasts.js";

const bar = document.getElementById("no-network");

const show = () => { bar.hidden = navigator.onLine; };

if (bar && !document.body.hasAttribute("data-stands-in")) {
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  window.addEventListener("pageshow", show);
  show();
}

// The page that stands in for another one, because the server was out of reach, asks for that one again by itself: as soon
// as the network is back, and, where it never went or was back before this script ran, as soon as the server answers.
const STANDS_IN_AT = "/no-network";
const AGAIN_MS = 3_000;

async function askAgain() {
  try {
    if (navigator.onLine) {
      const answer = await fetch(STANDS_IN_AT, { method: "HEAD", cache: "no-store" });
      if (answer.ok) return location.reload();
    }
  } catch {
    // The server is still out of reach.
  }
  return setTimeout(askAgain, AGAIN_MS);
}

if (document.body.hasAttribute("data-stands-in") && location.pathname !== STANDS_IN_AT) {
  window.addEventListener("online", () => location.reload());
  setTimeout(askAgain, AGAIN_MS);
}

// A form that leaves the page would leave it for the browser's own page of failure: it waits here instead.
document.addEventListener("submit", event => {
  const form = event.target;
  if (navigator.onLine || form.method !== "post" || form.hasAttribute("hx-post") || event.defaultPrevented) return;
  event.preventDefault();
  toast(document.getElementById("toasts").dataset.failed, "danger");
});

const worker = document.body.dataset.worker;
if (worker && navigator.serviceWorker) {
  window.addEventListener("load", () => navigator.serviceWorker.register(worker).catch(() => {}));
}
