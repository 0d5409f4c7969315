"""connection.js itself, on a clock that the test moves: when the editor is covered after the container went silent, and
what is said of the end once another container answers."""

import json
import subprocess
from typing import Any

import pytest

from tests.support.checkout import ROOT
from tests.support.slot.container import PREFIX

NODE = PREFIX / "node/node_modules/.bin/node"
# The page's clock and timers, a slot that answers until it dies, and one of the editor's WebSockets. Tells in how many
# milliseconds after the death the cover was shown, how often the slot was asked until the death, and what the last of
# `covers` says. The machine sleeps at the death, for as long as `slept`: the page's clock stands still meanwhile.
# Another container answers from `reborn` on, if that is a number.
PLAY = """
const { readFileSync } = require("node:fs");
const vm = require("node:vm");
const [script, told] = process.argv.slice(1);
const { death, how, speaks, slept, reborn, covers } = JSON.parse(told);
let now = 0, order = 0, asked = 0;
const timers = [];
const later = (ms, run, every) => timers.push({ at: now + ms, order: order++, run, every });
const isAlive = () => now < death;
const isReborn = () => reborn !== null && now >= death + reborn;
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
const another = { headers, status: 401, json: async () => ({ boot: "another" }) };
const fetch = (_, { signal }) => new Promise((answer, fail) => {
  asked += isAlive();
  signal.aborts.push(fail);
  if (isAlive()) later(20, () => isAlive() && answer(answers));
  else if (isReborn()) later(20, () => answer(another));
  else if (how === "refused") later(5, () => fail(new TypeError("refused")));
});
class Socket extends EventTarget {
  constructor() { super(); sockets.push(this); }
}
const sockets = [];
const shown = [];
const context = vm.createContext({
  STATE: { boot: "b", page: "https://page.example", stores: [] }, UNSAVED: { channel: "c" },
  Splash: class { connected() {} },
  Cover: class {
    show({ how, reason }) { if (shown.at(-1)?.how !== how) shown.push({ at: now, how, reason }); }
    hide() {}
  },
  takeArrived: async () => {},
  BroadcastChannel: class { postMessage() {} },
  performance: { now: () => now }, Date: { now: () => now + (isAlive() ? 0 : slept) }, URL, DOMException, console,
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
  while (timers.length && now < death + 60_000 && shown.length < covers) {
    timers.sort((one, other) => one.at - other.at || one.order - other.order);
    const next = timers.shift();
    now = Math.max(now, next.at);
    next.run();
    if (next.every) later(next.every, next.run, next.every);
    await new Promise(setImmediate); // what was waited for goes on
  }
  const [first, last] = [shown[0], shown.at(-1)];
  const covered = first ? first.at - death : null;
  console.log(JSON.stringify({ covered, asked, how: last?.how, reason: last?.reason }));
})();
"""


@pytest.mark.parametrize("how", ["silent", "refused"])
@pytest.mark.parametrize("speaks", [0, 300, 5_000], ids=["quiet editor", "busy editor", "keep-alives alone"])
def test_the_editor_is_covered_within_five_seconds_whenever_the_container_dies(how: str, speaks: int) -> None:
    covered = []
    for death in (20_000, 20_370, 21_110, 24_990):
        played = play(death=death, how=how, speaks=speaks)
        assert played["asked"] >= 1, "while the container lives, it answers, and no cover comes"
        covered.append(played["covered"])
    assert all(each is not None and 0 < each <= 5_000 for each in covered), covered


@pytest.mark.parametrize(
    ("slept", "reborn", "covers", "reason"),
    [
        (0, 8_000, 2, "lost"),
        (3_600_000, 0, 1, ""),
        (3_600_000, 8_000, 2, ""),  # without a network for a moment, as whoever wakes
    ],
    ids=["killed", "asleep", "asleep, then without a network"],
)
def test_a_container_is_called_lost_only_where_the_session_had_no_time_to_end_otherwise(
    slept: int, reborn: int, covers: int, reason: str
) -> None:
    played = play(death=20_000, how="refused", slept=slept, reborn=reborn, covers=covers)
    assert (played["how"], played["reason"]) == ("gone", reason)


def play(**told: Any) -> dict[str, Any]:
    told = {"speaks": 0, "slept": 0, "reborn": None, "covers": 1} | told
    command = [str(NODE), "-e", PLAY, "--", str(ROOT / "workspace-image/window/connection.js"), json.dumps(told)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    played: dict[str, Any] = json.loads(done.stdout)
    return played
