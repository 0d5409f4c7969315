// Notifications of the browser's, for whoever looks at something else while the page is open: that the workspace opens,
// and that it is about to be closed. The member turns them on; the browser is asked then, and never before.

import { keep, kept } from "./kept";

/** `denied`: the browser shows none of Ondol's, and only its own settings change that. */
export type Standing = "on" | "off" | "denied" | "unsupported";

const KEY = "ondol.notifications";
const TITLE = "Ondol";

let standing = $state<Standing>(read());

export function notifications(): Standing {
  return standing;
}

export async function turnOn(): Promise<void> {
  await Notification.requestPermission();
  keep(KEY, Notification.permission === "granted" ? "yes" : null);
  standing = read();
}

export function turnOff(): void {
  keep(KEY, null);
  standing = read();
}

/** Says it in a notification, which replaces the one before. Whoever sees the page reads it there. */
export function notify(body: string): void {
  if (standing !== "on" || document.visibilityState === "visible") return;
  const options = { body, tag: TITLE, icon: "/icon.svg" };
  try {
    const shown = new Notification(TITLE, options);
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // on Android only a service worker shows any
    void navigator.serviceWorker?.ready.then((worker) => worker.showNotification(TITLE, options));
  }
}

function read(): Standing {
  if (!("Notification" in window)) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" && kept(KEY) !== null ? "on" : "off";
}
