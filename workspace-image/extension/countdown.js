// When the plan's time is used up, and when to warn of it. It has no clock of its own: `now` is given, in seconds.
"use strict";

// Seconds before the end at which the member is warned, the longest first. From the first on, the time left is shown.
const WARN_AT = [600, 120];
// An end that moves later by more than this many seconds is a new end: the plan was changed, or a period has begun.
const MOVED = 60;

// Two ends that are at most this many seconds apart are one: the control plane tells them at different moments.
const SAME = 5;

/** Which end comes first: "time", because the plan's time is used up, or "idle", which work puts off. */
exports.comesFirst = ({ time_left: time, idle_in: idle }) => (time !== null && time <= (idle ?? Infinity) + SAME ? "time" : "idle");

exports.Countdown = class Countdown {
  constructor() {
    this.endsAt = null;
    this.warned = null;
  }

  /** Takes the time left that the agent tells, in seconds; null without limit. */
  learn(left, now) {
    this.endsAt = left === null ? null : now + left;
  }

  /** Seconds left; null without limit. */
  remaining(now) {
    return this.endsAt === null ? null : Math.max(0, this.endsAt - now);
  }

  /** Seconds left if they are few, or null. */
  left(now) {
    if (this.endsAt === null || this.endsAt - now > WARN_AT[0]) return null;
    return Math.max(0, this.endsAt - now);
  }

  /** Seconds left if the member is to be warned now, otherwise null. Each moment warns once; several that have passed warn
   * once together. */
  warning(now) {
    const left = this.left(now);
    if (left === null) return null;
    const moment = WARN_AT.findLast((before) => left <= before);
    if (this.warned && this.endsAt <= this.warned.endsAt + MOVED && this.warned.moment <= moment) return null;
    this.warned = { moment, endsAt: this.endsAt };
    return left;
  }
};
