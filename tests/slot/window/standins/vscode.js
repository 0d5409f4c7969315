// As much of the editor's interface as Ondol's extension takes. It keeps what the extension has called and listens to, and
// answers as the test has said.
"use strict";

/** Each call as [name, ...what was given], such as ["window.showErrorMessage", "Not saved", "Show"]. */
const calls = [];
/** What a call answers, by its name: a value, or a function of what was given. */
const answers = {};
/** What listens to an event, by its name. */
const listeners = {};
/** What each registered command runs. */
const ran = {};
/** What stands in the status bar, by its id. */
const status = {};

const part = (name, own = {}) =>
  new Proxy(own, {
    get(_, key) {
      if (key in own) return own[key];
      const called = `${name}.${key}`;
      if (key.startsWith("onDid")) return (listener) => kept(listeners, called, listener);
      return async (...given) => {
        calls.push([called, ...given]);
        const answer = answers[called];
        return typeof answer === "function" ? answer(...given) : answer;
      };
    },
  });

function kept(where, name, what) {
  where[name] = what;
  return { dispose: () => delete where[name] };
}

const uri = (scheme, text) => ({ scheme, fsPath: text, toJSON: () => text });

module.exports = {
  standin: { calls, answers, listeners, ran, status },
  ProgressLocation: { Notification: 15, Window: 10 },
  StatusBarAlignment: { Right: 2 },
  ThemeColor: String,
  Uri: { file: (path) => uri("file", path), parse: (text) => uri(text.split(":")[0], text) },
  commands: part("commands", { registerCommand: (name, run) => kept(ran, name, run) }),
  debug: part("debug"),
  env: part("env"),
  tasks: part("tasks"),
  workspace: part("workspace", { getConfiguration: () => ({ get: () => answers.excluded ?? {} }) }),
  window: part("window", {
    state: { focused: true },
    createStatusBarItem(id) {
      const item = { isShown: false, dispose() {} };
      return (status[id] = Object.assign(item, { show: () => (item.isShown = true), hide: () => (item.isShown = false) }));
    },
    createTerminal: (given) => ({ show: () => calls.push(["window.createTerminal", given]) }),
    withProgress: (_, work) => work(),
  }),
};
