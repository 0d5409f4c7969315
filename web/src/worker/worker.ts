// The service worker: what is built opens without a network. Nothing below /api/ is ever kept. A new version waits until
// the member takes it, or until no page of the old one is open.

/** Written by the build (build/precache.ts). */
declare const PRECACHE: { version: string; files: string[]; views: string[] };

const worker = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = "ondol-";
const CACHE = PREFIX + PRECACHE.version;
const CONFIG = "/config.json";
const FILES = new Set(PRECACHE.files);
const VIEWS = new Set(PRECACHE.views);

worker.addEventListener("install", (event) => event.waitUntil(keepBuild()));
worker.addEventListener("activate", (event) => event.waitUntil(dropOthers()));
worker.addEventListener("message", ({ data }) => data === "take-over" && void worker.skipWaiting());

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (request.mode === "navigate" && VIEWS.has(pathname)) event.respondWith(fromCache("/", request));
  else if (FILES.has(pathname)) event.respondWith(fromCache(pathname, request));
  else if (pathname === CONFIG) event.respondWith(newest(request));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(worker.clients.matchAll({ type: "window" }).then(([page]) => page?.focus()));
});

/** With where the page runs: on a first visit that was read before this worker was there. */
async function keepBuild(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll([...PRECACHE.files, CONFIG].map((file) => new Request(file, { cache: "no-cache" })));
}

async function dropOthers(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function fromCache(file: string, request: Request): Promise<Response> {
  const kept = await (await caches.open(CACHE)).match(file);
  return kept ?? fetch(request); // the browser may have dropped what was kept
}

/** Where the page runs may change with the operator's settings; without a network it is as it was. */
async function newest(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) return kept;
    throw error;
  }
}
