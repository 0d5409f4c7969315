// On the page that a browser gets at a slot that is not open to it: leads to Ondol's page with the texts that an earlier
// session's editor left in this browser, as that session's cover would have done. This file shares a block with words.js
// and unsaved.js.

const { open } = IDBFactory.prototype;

const takeAlong = async () => {
  const { texts, left } = await fitting(await unsavedTexts());
  if (texts.length + left.length === 0) return forget();
  const button = document.querySelector("a");
  button.before(...keptLines(texts, left).map((line) => element("p", line)));
  button.after(copyButton(() => keepCopy([...texts, ...left])));
  button.onclick = (event) => {
    event.preventDefault();
    leaveWith(button.origin, texts, false);
  };
};

/** Deletes what an earlier member's editor and programs left here. */
const forget = async () => {
  localStorage.clear();
  sessionStorage.clear();
  for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
  for (const name of await caches.keys()) await caches.delete(name);
  for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
};

takeAlong().catch((error) => console.warn("Ondol: what this browser kept was not read", error));
