// Covers the editor while the container does not answer, and when the session has ended.

/** The cover over the editor, while what is typed is not received. */
class Cover {
  constructor(page) {
    this.page = page;
    const keys = (event) => {
      if (!this.dialog) return;
      event.stopImmediatePropagation(); // the editor's shortcuts listen at the window
      if (event.key === "Escape" || event.ctrlKey || event.metaKey) event.preventDefault();
    };
    for (const kind of ["keydown", "keypress", "keyup"]) addEventListener(kind, keys, true);
    // The button takes along what was typed. A member who leaves in another way leaves it at this address, and is asked
    // first.
    this.asks = false;
    const leave = (event) => {
      if (!this.dialog) return;
      event.stopImmediatePropagation();
      if (this.asks) event.preventDefault();
    };
    addEventListener("beforeunload", leave, true);
  }

  /** `loss`: what a Connection reports. */
  async show(loss) {
    const what = JSON.stringify(saidOf(loss)); // not the loss: the moment of a save differs a little with each answer
    if (this.what === what) return;
    this.what = what;
    const dialog = document.createElement("dialog");
    dialog.id = "ondol-cover";
    dialog.setAttribute("closedby", "none");
    dialog.lang = LANGUAGE;
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    const before = this.dialog;
    if (!before) this.typedInto = document.activeElement;
    this.dialog = dialog;
    this.fill(loss, [], []);
    document.body.append(dialog);
    dialog.showModal();
    before?.remove();
    const { texts, left } = await takenAlong(loss);
    if (this.dialog === dialog) this.fill(loss, texts, left);
  }

  /** Gives the focus back: whoever typed on would type into nothing. */
  hide() {
    this.what = undefined;
    if (!this.dialog) return;
    this.dialog.remove();
    this.dialog = undefined;
    this.typedInto?.focus();
  }

  fill(loss, texts, left) {
    const said = saidOf(loss);
    const title = element("h1", said.title);
    title.id = "ondol-cover-title";
    this.dialog.setAttribute("aria-labelledby", title.id);
    this.dialog.setAttribute("role", "alertdialog");
    const parts = [title, ...[...said.lines, ...keptLines(texts, left)].map((line) => element("p", line))];
    this.asks = texts.length + left.length > 0;
    const again = element("button", said.button);
    again.className = "main";
    // The letters typed just before the cover came are kept a moment later, when this cover is already filled.
    const newest = () => takenAlong(loss).catch(() => ({ texts, left }));
    again.onclick = async () => {
      const kept = await newest();
      this.asks = kept.left.length > 0;
      if (loss.how === "unconnected") location.reload();
      else leaveWith(this.page, kept.texts, said.opens);
    };
    parts.push(again);
    if (texts.length || left.length) {
      const copy = async () => {
        const kept = await newest();
        this.asks = false;
        keepCopy([...kept.texts, ...kept.left]);
      };
      parts.push(copyButton(copy));
    }
    const style = element("style", COVER_STYLE);
    this.dialog.replaceChildren(style, ...parts);
    // the button does not get the focus: a member who goes on typing would press it
    title.tabIndex = -1;
    title.focus();
  }
}

/** What the next editor gets, and what it does not get. An editor that is loaded anew finds everything in this browser. */
const takenAlong = async ({ how, saved }) => {
  const all = await unsavedTexts();
  if (how === "unconnected") return { texts: all, left: [] };
  return fitting(saved === "saved" ? await withoutSaved(all) : all);
};

// the control plane's words for ends after which the workspace may be opened again at once
const OPENS_AGAIN = ["member", "idle", "stopped", "operator", "team", "lost", ""];

/** The cover's text for a loss: title, lines, the button's text, and whether the button opens the workspace. */
const saidOf = ({ how, reason, saved, savedAt, leftOut }) => {
  const words = COVER_WORDS;
  if (how === "quiet" || how === "unconnected") {
    // by the clock: this cover may stay for hours
    const files = savedAt === undefined ? [] : [savedAt ? words.savedBefore(clockOf(savedAt)) : words.never];
    const [what, button] = how === "quiet" ? [words.quietWhat, words.back] : [words.unconnectedWhat, words.reload];
    return { title: words.quiet, lines: [what, ...files], button, opens: false };
  }
  if (how === "out") return { title: words.signedOut, lines: [], button: ENDED["signed-out"].button, opens: false };
  const { title, next, button } = ENDED[reason] ?? ENDED[""];
  const time = savedAt ? clockOf(savedAt) : undefined;
  const unknown = time ? (reason === "lost" ? words.savedBefore(time) : words.savedSince(time)) : words.unknown;
  const full = leftOut?.count > 0;
  const isSaved = time && (full ? words.savedRest(time) : words.saved(time));
  const files = { saving: full ? words.savingRest : words.saving, saved: isSaved }[saved] ?? unknown;
  const lines = [files, ...(full && saved === "saved" ? leftOutLines(leftOut) : []), next].filter(Boolean);
  return { title, lines, button, opens: OPENS_AGAIN.includes(reason) };
};

/** What became of what the plan's storage had no room for. */
const leftOutLines = ({ bytes, lost_bytes: lost }) => [
  ...(lost < bytes ? [COVER_WORDS.keptApart(inUnits(bytes - lost))] : []),
  ...(lost > 0 ? [COVER_WORDS.notKept(inUnits(lost))] : []),
];

// its colours and font are those of web/src/design/tokens.css
const COVER_STYLE = `
  #ondol-cover { color-scheme: light dark;
    --surface: light-dark(#ffffff, #211b18); --ink: light-dark(#211a15, #f3ebe3);
    --line-strong: light-dark(#8c7c6e, #8d7d71); --shade: light-dark(rgb(33 26 21 / 45%), rgb(0 0 0 / 60%));
    --accent: light-dark(#b3421a, #f08a5b); --on-accent: light-dark(#fffaf6, #2a1208);
    --lifted: 0 1px 2px rgb(60 35 15 / 6%), 0 10px 30px rgb(60 35 15 / 7%);
    --font: system-ui, -apple-system, "Segoe UI", Roboto, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR",
      "Noto Sans CJK KR", sans-serif;
    font: 15px/1.6 var(--font); color: var(--ink); background: var(--surface); border: 0; border-radius: 18px;
    box-sizing: border-box; max-width: min(34rem, calc(100% - 32px)); padding: 24px 28px; box-shadow: var(--lifted) }
  #ondol-cover::backdrop { background: var(--shade) }
  #ondol-cover h1 { font-size: 20px; line-height: 1.3; margin: 0 0 8px; font-weight: 600 }
  #ondol-cover h1:focus { outline: none }
  #ondol-cover p { margin: 8px 0; overflow-wrap: anywhere; word-break: keep-all }
  #ondol-cover button { font: inherit; cursor: pointer; margin: 12px 8px 0 0; padding: 8px 24px; border-radius: 12px;
    border: 1px solid var(--line-strong); background: var(--surface); color: inherit }
  #ondol-cover button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
  #ondol-cover button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
`;

