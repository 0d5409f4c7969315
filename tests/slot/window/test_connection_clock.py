"""connection.js itself, on a clock that the test moves: when the editor is covered after the container went silent."""

import json
import subprocess

import pytest

from tests.support.checkout import ROOT
from tests.support.slot.container import PREFIX

NODE = PREFIX / "node/node_modules/.bin/node"
# The page's clock and timers, a slot that answers until it dies, and one of the editor's WebSockets. Tells in how many
# milliseconds after the death the cover was shown, and how often the slot was asked until the death.
PLAY = """
const { readFileSync } = require("node:fs");
const vm = require("node:vm");
const [script, told] = process.argv.slice(1);
const { death, how, speaks, opens } = JSON.parse(told);
let now = 0, order = 0, asked = 0;
const timers = [];
const later = (ms, run, every) => timers.push({ at: now + ms, order: order++, run, every });
const isAlive = () => now < death;
class Signal {
  static timeout(ms) {
    const signal = { aborts: [] };
    const error = Object.assign(new Error("late"), { name: "TimeoutError" });
    later(ms, () => signal.aborts.forEach((abort) => abort(error)));
    return signal;
  }
}
const headers = new Map([["Content-Type", "application/json"]]);
const answers = { headers, status: 200, json: async () => ({ boot: "b" }) };
const fetch = (_, { signal }) => new Promise((answer, fail) => {
  asked += isAlive();
  signal.aborts.push(fail);
  if (isAlive()) later(20, () => isAlive() && answer(answers));
  else if (how === "refused") later(5, () => fail(new TypeError("refused")));
});
class Socket extends EventTarget {
  constructor() { super(); sockets.push(this); }
}
const sockets = [];
const covers = [];
const context = vm.createContext({
  STATE: { boot: "b", page: "https://page.example", stores: [] }, UNSAVED: { channel: "c" },
  Splash: class { connected() {} },
  Cover: class { show() { covers.push(now); } hide() {} },
  takeArrived: async () => {},
  BroadcastChannel: class { postMessage() {} },
  performance: { now: () => now }, Date, URL, DOMException, console,
  document: { visibilityState: "visible" }, location: { href: "https://slot.example/", host: "slot.example" },
  AbortSignal: Signal, fetch, WebSocket: Socket,
  setInterval: (run, ms) => later(ms, run, ms),
});
vm.runInContext(readFileSync(script, "utf8"), context);
const connect = () => {
  const socket = new (vm.runInContext("globalThis.WebSocket", context))("wss://slot.example/?reconnectionToken=t");
  socket.dispatchEvent(new Event("open"));
  if (speaks) later(speaks, () => isAlive() && socket.dispatchEvent(new Event("message")), speaks);
};
connect();
later(death, () => {
  if (how === "refused") sockets.forEach((socket) => socket.dispatchEvent(new Event("close")));
});
(async () => {
  while (timers.length && now < death + 60_000 && !covers.length) {
    timers.sort((one, other) => one.at - other.at || one.order - other.order);
    const next = timers.shift();
    now = Math.max(now, next.at);
    next.run();
    if (next.every) later(next.every, next.run, next.every);
    await new Promise(setImmediate); // what was waited for goes on
  }
  console.log(JSON.stringify({ covered: covers.length ? covers[0] - death : null, asked }));
})();
"""


@pytest.mark.parametrize("how", ["silent", "refused"])
@pytest.mark.parametrize("speaks", [0, 300, 5_000], ids=["quiet editor", "busy editor", "keep-alives alone"])
def test_the_editor_is_covered_within_five_seconds_whenever_the_container_dies(how: str, speaks: int) -> None:
    covered = []
    for death in (20_000, 20_370, 21_110, 24_990):
        told = json.dumps({"death": death, "how": how, "speaks": speaks})
        done = subprocess.run(
            [NODE, "-e", PLAY, "--", ROOT / "workspace-image/window/connection.js", told],
            capture_output=True,
            text=True,
            check=True,
        )
        played = json.loads(done.stdout)
        assert played["asked"] >= 1, "while the container lives, it answers, and no cover comes"
        covered.append(played["covered"])
    assert all(each is not None and 0 < each <= 5_000 for each in covered), covered
