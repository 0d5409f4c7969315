// What a member drops on the page or chooses, as one archive.

import { type PathFile, tarOf } from "./tar";

export interface Archive {
  /** The file's or folder's, as the member knows it. */
  name: string;
  content: Blob;
}

export const ARCHIVES = [".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"];

/** An archive goes as it is; anything else is packed. Null if there is no file. */
export function archiveOf(files: readonly PathFile[]): Archive | null {
  const [first, ...others] = files;
  if (!first) return null;
  const isArchive = !others.length && ARCHIVES.some((ending) => first.path.toLowerCase().endsWith(ending));
  if (isArchive) return { name: first.path, content: first.file };
  const [folder = ""] = first.path.split("/");
  const isFolder = files.every(({ path }) => path.startsWith(`${folder}/`));
  return { name: isFolder ? folder : "project", content: tarOf(files) };
}

/** Of a file input, which may have chosen a folder. */
export function chosenFiles(list: FileList): PathFile[] {
  return Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Of a drop. The browser gives its entries only until the event is over. */
export async function droppedFiles(dropped: DataTransfer): Promise<PathFile[]> {
  const entries = Array.from(dropped.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return (await Promise.all(entries.map(filesBelow))).flat();
}

async function filesBelow(entry: FileSystemEntry): Promise<PathFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((got, failed) => (entry as FileSystemFileEntry).file(got, failed));
    return [{ path: entry.fullPath.slice(1), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: PathFile[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((got, failed) => reader.readEntries(got, failed));
    if (!some.length) return found;
    for (const each of some) found.push(...(await filesBelow(each)));
  }
}
