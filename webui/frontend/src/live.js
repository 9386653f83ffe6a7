// News of steps: the inbox hears of them by a stream of the server's, every other page asks now and then. What is told is
// only that something has changed; the list is then fetched as this person may see it.
const ASK_EVERY_MS = 15_000;
const ASK_SELDOM_MS = 60_000; // where nobody looks
const STREAM_AGAIN_MS = 120_000;
const REFRESH_EVERY_MS = 300_000; // "today by 14:00" becomes "overdue" without any news
const GATHER_MS = 400;
const LEAST_PAUSE_MS = 3_000;

const body = document.body;
const isInbox = body.classList.contains("inbox-page");
let since = body.dataset.since;
let stream, asking, gathering;
let missed = false, fetchedAt = -LEAST_PAUSE_MS;

const tell = name => body.dispatchEvent(new CustomEvent(name));

// What comes together is fetched together, and not by a whole department in the same instant; where steps come without
// end, the list follows in steps of its own.
function changed() {
  if (gathering) return;
  const pause = Math.max(GATHER_MS * (1 + Math.random()), fetchedAt + LEAST_PAUSE_MS - performance.now());
  gathering = setTimeout(() => {
    gathering = undefined;
    fetchedAt = performance.now();
    missed = document.hidden;
    tell(isInbox && !document.hidden ? "inbox-changed" : "inbox-count");
  }, pause);
}

async function ask() {
  try {
    const answer = await fetch(`/inbox/news?since=${since}`, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) return; // signed out: what is open stays, and nothing is asked any more
    if (answer.ok) {
      const news = await answer.json();
      since = news.since;
      if (news.changed) changed();
    }
  } catch {
    // The network is away: asked again in a while.
  }
  askLater();
}

function askLater() {
  clearTimeout(asking);
  if (stream) return;
  const pause = isInbox && !document.hidden ? ASK_EVERY_MS : ASK_SELDOM_MS;
  asking = setTimeout(ask, pause * (0.9 + Math.random() / 5));
}

function closeStream() {
  stream?.close();
  stream = undefined;
}

function openStream() {
  if (!isInbox || stream || document.hidden || !("EventSource" in window)) return;
  clearTimeout(asking);
  stream = new EventSource(`/inbox/stream?since=${since}`);
  stream.addEventListener("message", event => {
    since = event.lastEventId || since;
    changed();
  });
  // A stream that has ended comes back by itself; one that was refused does not: then the page asks, and tries later.
  stream.addEventListener("error", () => {
    if (stream?.readyState !== EventSource.CLOSED) return;
    closeStream();
    ask();
    setTimeout(openStream, STREAM_AGAIN_MS);
  });
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    closeStream();
    askLater();
    return;
  }
  if (missed && isInbox) tell("inbox-changed");
  missed = false;
  openStream();
  if (!stream) ask();
});
addEventListener("pagehide", closeStream);
addEventListener("pageshow", event => {
  if (event.persisted) openStream();
});

if (body.dataset.person) {
  openStream();
  askLater();
  if (isInbox) setInterval(() => document.hidden || tell("inbox-changed"), REFRESH_EVERY_MS);
}
