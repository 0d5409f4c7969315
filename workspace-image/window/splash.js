// Shows the steps until the editor shows the member's files, in the colours that the editor will have. This file shares
// window.js's block.

const SPLASH_WORDS = {
  en: { title: "Opening your workspace", steps: ["Load the editor", "Connect to your workspace", "Show your files"] },
  ko: { title: "작업 공간을 여는 중입니다", steps: ["편집기 불러오기", "작업 공간에 연결하기", "파일 보여 주기"] },
}[LANGUAGE];
const LOADED = ".monaco-workbench .part.statusbar";
const FILES = ".explorer-folders-view .monaco-list-row, .pane-body .monaco-button";
// the side bar may be closed, or show something else
const WITHOUT_FILES_MS = 3_000;
// the editor's style sheet of the icons of files
const ICON_STYLE = "style.contributedFileIconTheme";

// the accent and the font are those of web/src/design/tokens.css, the other colours those of the editor
const SPLASH_STYLE = `
  #ondol-splash { color-scheme: light dark; --accent: light-dark(#b3421a, #f08a5b);
    --font: system-ui, -apple-system, "Segoe UI", Roboto, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR",
      "Noto Sans CJK KR", sans-serif;
    --editor: light-dark(#fafafd, #191a1b); --editor-ink: light-dark(#3b3b3b, #d4d4d4);
    --editor-faint: light-dark(#6e6e6e, #8c8c8c);
    position: fixed; inset: 0; z-index: 1000000; display: grid; place-content: center; gap: 20px;
    background: var(--editor); color: var(--editor-ink); font: 14px/1.6 var(--font); word-break: keep-all }
  #ondol-splash h1 { font-size: 18px; font-weight: 600; margin: 0 }
  #ondol-splash ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 6px }
  #ondol-splash li { color: var(--editor-faint); display: flex; gap: 10px; align-items: center }
  #ondol-splash li::before { content: ""; width: 8px; height: 8px; border-radius: 50%; border: 1.5px solid currentColor }
  #ondol-splash li.done { color: var(--editor-ink) }
  #ondol-splash li.done::before { background: var(--accent); border-color: var(--accent) }
  #ondol-splash li[aria-current] { color: var(--editor-ink) }
  #ondol-splash li[aria-current]::before { border-color: var(--accent); animation: ondol-warm 1.2s ease-in-out infinite alternate }
  @keyframes ondol-warm { to { background: var(--accent) } }
  @media (prefers-reduced-motion: reduce) { #ondol-splash li[aria-current]::before { animation: none } }
`;

class Splash {
  constructor(stores) {
    this.colors = colorsOf(stores);
    this.icons = element("style", ICONS.languages);
    this.reached = 0;
    document.addEventListener("readystatechange", () => this.show(), { once: true });
  }

  show() {
    if (!document.getElementById("vscode-workbench-web-configuration")) return;
    this.items = SPLASH_WORDS.steps.map((step) => element("li", step));
    const list = element("ol", "");
    list.append(...this.items);
    this.place = element("div", "");
    this.place.id = "ondol-splash";
    this.place.lang = LANGUAGE;
    this.place.setAttribute("role", "status");
    this.place.append(element("style", SPLASH_STYLE), element("h1", SPLASH_WORDS.title), list);
    for (const [name, color] of Object.entries(this.colors)) this.place.style.setProperty(name, color);
    this.draw();
    document.body.append(this.place, this.icons);
    this.watcher = new MutationObserver(() => this.look());
    this.watcher.observe(document.body, { childList: true, subtree: true });
  }

  look() {
    if (!document.querySelector(LOADED)) return;
    this.reach(1);
    this.patience ??= setTimeout(() => this.end(), WITHOUT_FILES_MS);
    this.askForIcons();
    if (this.reached > 1 && this.hasIcons && document.querySelector(FILES)) this.end();
  }

  /** Has the icons' font come at once: the editor asks for it when the first icon is drawn. */
  askForIcons() {
    if (this.hasIcons !== undefined) return;
    this.hasIcons = false;
    const done = () => {
      this.hasIcons = true;
      this.look();
    };
    document.fonts.load(`16px ${ICONS.font}`).then(done, done);
  }

  /** The editor's connection is there. */
  connected() {
    this.reach(2);
  }

  reach(count) {
    if (count <= this.reached || !this.items) return;
    this.reached = count;
    this.draw();
  }

  draw() {
    this.items.forEach((item, at) => {
      item.className = at < this.reached ? "done" : "";
      if (at === this.reached) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
  }

  end() {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.patience);
    this.watcher.disconnect();
    this.place.remove();
    this.keepIcons();
  }

  /** The icons of languages stand beside those of the editor's own theme, and go when the member chooses another theme. */
  keepIcons() {
    const theirs = document.querySelector(ICON_STYLE);
    const look = () => theirs?.textContent.includes(`'${ICONS.font}'`) || this.icons.remove();
    look();
    if (theirs) new MutationObserver(look).observe(theirs, { childList: true });
  }
}

/** The colours of the theme that the editor had last, unless the system has changed between light and dark since. */
const colorsOf = (stores) => {
  try {
    const { colorMap, id } = JSON.parse(stores.global?.colorThemeData ?? "{}");
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    if (!id?.startsWith(isDark ? "vs-dark " : "vs ")) return {}; // the theme's kind comes first in its id
    const chosen = { "--editor": colorMap?.["editor.background"], "--editor-ink": colorMap?.["editor.foreground"] };
    return Object.fromEntries(Object.entries(chosen).filter(([, color]) => /^#[0-9a-f]{3,8}$/i.test(color ?? "")));
  } catch {
    return {};
  }
};
