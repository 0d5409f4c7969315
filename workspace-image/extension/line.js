// The connection to the slot's agent: a unix socket with one JSON object a line in each direction. It is opened again
// when it breaks.
"use strict";

const net = require("node:net");

const AGAIN_AFTER_MS = 2000;

/** Calls `onNews` with each object that the agent sends. */
exports.Line = class Line {
  constructor(path, onNews) {
    this.path = path;
    this.onNews = onNews;
    this.open();
  }

  open() {
    let rest = "";
    this.socket = net.createConnection(this.path);
    this.socket.setEncoding("utf8");
    this.socket.on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) this.onNews(JSON.parse(line));
    });
    // every error is followed by "close"
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      if (!this.ended) this.timer = setTimeout(() => this.open(), AGAIN_AFTER_MS);
    });
  }

  say(event) {
    if (this.socket.readyState === "open") this.socket.write(JSON.stringify({ event }) + "\n");
  }

  dispose() {
    this.ended = true;
    clearTimeout(this.timer);
    this.socket.destroy();
  }
};
