// Writes the icons of files for the window's scripts: `node icons.mjs FOLDER > FILE`, the editor's folder. The editor
// would show the files first, and their icons when the extensions have been read.
// `ICONS.theme` is what the editor keeps of its default theme in a browser, where it looks first. The style sheet is the
// one that it makes itself (processIconThemeDocument in its sources); a test compares the two.
// `ICONS.languages` are rules for files whose icon is that of their language, which an extension names. Each of these
// rules yields to those of the theme, but for its icon of any file.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const THEME = "extensions/theme-seti";
// where a slot has the editor
const INSTALLED = "/opt/ondol/node/node_modules/code-server/lib/vscode";
// the browser puts the slot's origin here (window.js)
const ORIGIN = "ondol-origin";
const KNOWN = ["file", "fileExtensions", "fileNames", "languageIds"];
const BESIDE = ["information_for_contributors", "fonts", "iconDefinitions", "light", "version"];

const [editor] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(join(editor, path), "utf8"));
const { commit } = read("product.json");
const { name, publisher, contributes } = read(`${THEME}/package.json`);
const [{ id, path }] = contributes.iconThemes;
const theme = read(join(THEME, path));
const unknown = [...Object.keys(theme), ...Object.keys(theme.light)].filter((key) => !KNOWN.includes(key) && !BESIDE.includes(key));
if (unknown.length) throw new Error(`The editor's icons have what is not known here: ${unknown.join(", ")}`);

/** As CSS.escape of browsers, for what is a name of a class or an address. */
const escaped = (text) =>
  text.replace(/^-?\d/, (begin) => `${begin.slice(0, -1)}\\3${begin.at(-1)} `).replace(/[^\w\s\\\u0080-\uffff-]/g, "\\$&");
const named = (text) => escaped(text.toLowerCase());

/** The selectors by the icon that they show. */
const selectors = {};
const collect = (associations, within) => {
  const add = (icon, ...classes) => (selectors[icon] ??= []).push(`${within} ${classes.map((each) => `.${each}`).join("")}.file-icon::before`);
  const endings = (parts) => parts.map((_, at) => `${escaped(parts.slice(at).join("."))}-ext-file-icon`);
  const { file, fileExtensions = {}, fileNames = {}, languageIds = {} } = associations;
  if (file) add(file);
  const languages = languageIds.json && !languageIds.jsonc ? { ...languageIds, jsonc: languageIds.json } : languageIds;
  for (const [language, icon] of Object.entries(languages)) add(icon, `${escaped(language)}-lang-file-icon`);
  for (const [ending, icon] of Object.entries(fileExtensions)) {
    add(icon, ...endings(ending.toLowerCase().split(".")), "ext-file-icon");
  }
  for (const [file, icon] of Object.entries(fileNames)) {
    const [, ...after] = file.toLowerCase().split(".");
    add(icon, `${named(file)}-name-file-icon`, "name-file-icon", ...endings(after), "ext-file-icon");
  }
};
collect(theme, ".show-file-icons");
collect(theme.light, ".vs .show-file-icons");

const [font] = theme.fonts;
const addressOf = (file) => {
  const at = encodeURIComponent(join(INSTALLED, THEME, path, "..", file));
  return `${ORIGIN}${escaped(`/stable-${commit}/vscode-remote-resource?path=${at}&tkn=`)}`;
};
const sources = font.src.map(({ path: file, format }) => `url('${addressOf(file)}') format('${format}')`).join(", ");
const all = ["file", "folder", "rootfolder"].map((kind) => `.show-file-icons .${kind}-icon::before`).join(", ");
const rules = [
  `@font-face { src: ${sources}; font-family: '${font.id}'; font-weight: ${font.weight}; font-style: ${font.style}; font-display: block; }`,
  `${all} { font-family: '${font.id}'; font-size: ${font.size}; }`,
];
for (const [icon, where] of Object.entries(selectors)) {
  const drawn = theme.iconDefinitions[icon];
  if (!drawn) continue;
  const { fontCharacter, fontColor, fontSize, ...more } = drawn;
  if (Object.keys(more).length) throw new Error(`The editor draws ${icon} in a way that is not known here`);
  const color = fontColor ? [`color: ${fontColor};`] : [];
  const character = fontCharacter ? [`content: '${fontCharacter}';`] : [];
  const size = fontSize ? [`font-size: ${fontSize};`] : [];
  rules.push(`${where.join(", ")} { ${[...color, ...character, ...size, "background-image: unset;"].join(" ")} }`);
}

const languages = [];
const drawnAs = ({ languageIds = {} }, language) => theme.iconDefinitions[languageIds[language] ?? (language === "jsonc" ? languageIds.json : undefined)];
for (const folder of readdirSync(join(editor, "extensions")).sort()) {
  const file = join("extensions", folder, "package.json");
  if (!existsSync(join(editor, file))) continue;
  for (const { id: language, extensions = [], filenames = [] } of read(file).contributes?.languages ?? []) {
    const where = [
      ...extensions.map((each) => `${named(each.replace(/^[.]/, ""))}-ext-file-icon`),
      ...filenames.map((each) => `${named(each)}-name-file-icon`),
    ];
    for (const [associations, within] of [[theme, ""], [theme.light, ".vs "]]) {
      const icon = where.length ? drawnAs(associations, language) : undefined;
      if (!icon) continue;
      const all = where.map((each) => `${within}.show-file-icons .${each}::before`).join(", ");
      languages.push(`${all} { color: ${icon.fontColor}; content: '${icon.fontCharacter}'; }`);
    }
  }
}

const kept = {
  id: `${publisher}.${name}-${id}`,
  label: id,
  settingsId: id,
  styleSheetContent: rules.join("\n"),
  hasFileIcons: true,
  hasFolderIcons: false,
  hidesExplorerArrows: false,
};
const icons = { font: font.id, theme: JSON.stringify(kept), languages: languages.join("\n") };
process.stdout.write(`const ICONS = ${JSON.stringify(icons)};\n`);
