// Without a network a page says so instead of the browser's own error. Nothing of anybody's work is kept here: only the
// built files, which are the same for all, and the page that tells of the missing network.
//
// The address of this script names the language and the build: another of either is another worker, which keeps its own.
const asked = new URL(self.location);
const CACHE = `reglament ${asked.search}`;
const NO_NETWORK = `/no-network${asked.search}`;
const BUILT = "/static/";

self.addEventListener("install", event => event.waitUntil(keepShell().then(() => self.skipWaiting())));
self.addEventListener("activate", event => event.waitUntil(forgetEarlier().then(() => self.clients.claim())));

async function keepShell() {
  const cache = await caches.open(CACHE);
  const page = await fetch(NO_NETWORK, { cache: "no-store", credentials: "omit" });
  const text = await page.clone().text();
  await cache.put(NO_NETWORK, page);
  await cache.addAll([...new Set([...text.matchAll(/"(\/static\/[^"#]+)/g)].map(found => found[1]))]);
}

async function forgetEarlier() {
  const names = await caches.keys();
  await Promise.all(names.filter(name => name.startsWith("reglament ") && name !== CACHE).map(name => caches.delete(name)));
}

const orNoNetwork = async request => {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(NO_NETWORK)) ?? Response.error();
  }
};

const orKept = async request => (await caches.match(request, { ignoreVary: true })) ?? fetch(request);

self.addEventListener("fetch", event => {
  const { request } = event;
  if (request.mode === "navigate") event.respondWith(orNoNetwork(request));
  else if (request.method === "GET" && new URL(request.url).pathname.startsWith(BUILT)) event.respondWith(orKept(request));
});
