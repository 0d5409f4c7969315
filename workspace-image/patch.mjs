// Changes lines of the editor that no setting reaches: `node patch.mjs FOLDER`, the editor's folder. Each change must fit
// exactly once. So an editor with other code fails when the image is built, and not when a member opens it.
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const WORKBENCH = "out/vs/code/browser/workbench/workbench.js";
const CHANGES = [
  {
    why: "the account of a chat that is not there: it asks for a GitHub session before any extension could give one, and fails after 5 s",
    file: WORKBENCH,
    from: 'async init(){if(Bt&&!this.environmentService.remoteAuthority&&!this.environmentService.isSessionsWindow){this.logService.debug("[DefaultAccount]',
    to: 'async init(){if(Bt&&!this.environmentService.isSessionsWindow){this.logService.debug("[DefaultAccount]',
  },
];

const [editor] = process.argv.slice(2);
for (const { why, file, from, to } of CHANGES) {
  const path = join(editor, file);
  const text = await readFile(path, "utf8");
  if (text.includes(to)) continue;
  if (text.split(from).length !== 2) throw new Error(`${file} is not as expected, so this can't be changed: ${why}`);
  // written to a new file, so that hard links of the old file keep their content
  await writeFile(`${path}.new`, text.replace(from, () => to));
  await rename(`${path}.new`, path);
}
