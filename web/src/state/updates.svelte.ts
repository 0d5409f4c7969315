// A new version of the page: the service worker has it ready, and it waits for a click, so nothing typed is lost.

let waiting = $state.raw<ServiceWorker | null>(null);

export function isNewVersionReady(): boolean {
  return waiting !== null;
}

/** Has the new version take over, and shows it. */
export function takeNewVersion(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waiting?.postMessage("take-over");
}

/** Without a service worker, or where the browser allows none, the page works as ever, but not without a network. */
export async function keepForOffline(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register("/sw.js").catch(() => null);
  if (!registration) return;
  const look = () => {
    // the first version of all replaces nothing
    if (navigator.serviceWorker.controller) waiting = registration.waiting;
  };
  look();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") registration.update().catch(() => undefined); // there is no network
  });
}
