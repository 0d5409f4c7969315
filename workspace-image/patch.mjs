// Changes lines of the editor that no setting reaches: `node patch.mjs FOLDER`, the editor's folder. Each change must fit
// exactly once. So an editor with other code fails when the image is built, and not when a member opens it.
// `--undo` after the folder makes the editor again what its publisher made, to be measured beside Ondol.
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const WORKBENCH = "out/vs/code/browser/workbench/workbench.js";
const SERVER = "out/server-main.js";
const CHANGES = [
  {
    why: "the account of a chat that is not there: it asks for a GitHub session before any extension could give one, and fails after 5 s",
    file: WORKBENCH,
    from: 'async init(){if(Bt&&!this.environmentService.remoteAuthority&&!this.environmentService.isSessionsWindow){this.logService.debug("[DefaultAccount]',
    to: 'async init(){if(Bt&&!this.environmentService.isSessionsWindow){this.logService.debug("[DefaultAccount]',
  },
  {
    why: "the member's files are on their way: extensions wait for them, for two seconds at most",
    file: WORKBENCH,
    from: 'e&&pn("code/didResolveExplorer")});',
    to: 'e&&pn("code/didResolveExplorer")});e&&(globalThis.ondolFiles=Promise.race([a.catch(()=>{}),new Promise(o=>setTimeout(o,2e3))]));',
  },
  {
    why: "extensions start once the files are shown, and do not take the processor and the connection from them",
    file: WORKBENCH,
    from: 'async _initialize(){pn("code/willLoadExtensions"),',
    to: 'async _initialize(){await globalThis.ondolFiles,pn("code/willLoadExtensions"),',
  },
  {
    why: "the list of all installed extensions, 1 MB, would be answered before the member's files",
    file: WORKBENCH,
    from: 'return Promise.resolve(this.channel.call("getInstalled",[e,t,i,qs]))',
    to: 'return Promise.resolve(globalThis.ondolFiles).then(()=>this.channel.call("getInstalled",[e,t,i,qs]))',
  },
  {
    why: "a member who has chosen no display language gets that of Accept-Language, in which nginx sends the account's",
    file: SERVER,
    from: 'catch(t){return t.code!=="ENOENT"&&console.warn(t),"en"}}',
    to: 'catch(t){return t.code!=="ENOENT"&&console.warn(t),void 0}}',
  },
  {
    why: "the image's language pack comes before those that the member has installed",
    file: SERVER,
    from: "userDataPath:t,nlsMetadataPath:sN}),tR.set",
    to: 'userDataPath:dq(await cq(G(sN,"language_pack"))??{},r)?G(sN,"language_pack"):t,nlsMetadataPath:sN}),tR.set',
  },
  {
    why: "the pack is offered among the display languages, and has what the editor's own extensions say",
    file: SERVER,
    from: "getLanguagePacks(){return this.languagePacksFileLimiter.size||!this.initializedCache?this.withLanguagePacks().then(()=>this.languagePacks):Promise.resolve(this.languagePacks)}",
    to: 'async getLanguagePacks(){return{...await(this.languagePacksFileLimiter.size||!this.initializedCache?this.withLanguagePacks().then(()=>this.languagePacks):Promise.resolve(this.languagePacks)),...await cq(G(sN,"language_pack"))}}',
  },
  {
    why: "the same in the browser, which would look in Open VSX for each extension before it starts",
    file: WORKBENCH,
    from: 'this.languagePackService=cut.toService(e.getConnection().getChannel("languagePacks"))}async getBuiltInExtensionTranslationsUri(e,t){',
    to: 'this.languagePackService=cut.toService((this.connection=e.getConnection()).getChannel("languagePacks"))}async getBuiltInExtensionTranslationsUri(e,t){let o=await this.languagePackService.getBuiltInExtensionTranslationsUri(e,t);return o&&P.revive(o).with({scheme:"vscode-remote",authority:this.connection.remoteAuthority});',
  },
  {
    why: "browsers get the pack's texts compressed and keep them, as they do the editor's own files",
    file: SERVER,
    from: 'Ce=W?`${s}/vscode-remote-resource?path=${encodeURIComponent(W)}`:""',
    to: 'Ce=W.startsWith(sN)?We.join(b,"out",W.slice(sN.length)):W?`${s}/vscode-remote-resource?path=${encodeURIComponent(W)}`:""',
  },
  {
    why: "the English texts need not come before the pack's, which has them where it has no others",
    file: SERVER,
    from: "WORKBENCH_NLS_FALLBACK_URL:`${b}/out/nls.messages.js`",
    to: "WORKBENCH_NLS_FALLBACK_URL:Ce.startsWith(b)?Ce:`${b}/out/nls.messages.js`",
  },
];

const [editor, undo] = process.argv.slice(2);
if (undo && undo !== "--undo") throw new Error(`${undo} is no option: only --undo is`);
for (const { why, file, ...texts } of CHANGES) {
  const [from, to] = undo ? [texts.to, texts.from] : [texts.from, texts.to];
  const path = join(editor, file);
  const text = await readFile(path, "utf8");
  if (text.includes(texts.to) !== Boolean(undo)) continue;
  if (text.split(from).length !== 2) throw new Error(`${file} is not as expected, so this can't be changed: ${why}`);
  // written to a new file, so that hard links of the old file keep their content
  await writeFile(`${path}.new`, text.replace(from, () => to));
  await rename(`${path}.new`, path);
}
