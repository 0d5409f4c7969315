// A folder of the member's machine as a tar (POSIX ustar, with pax headers for long paths). It is a list of references:
// the browser reads each file when that part is sent, so a large folder takes no memory.

/** `path` is relative, with slashes. */
export interface PathFile {
  path: string;
  file: File;
}

const BLOCK = 512;
const LONGEST_NAME = 100; // bytes
const LARGEST = 8 ** 11; // bytes: what eleven octal digits can't say
const text = new TextEncoder();

export function tarOf(files: readonly PathFile[]): Blob {
  const parts: BlobPart[] = [];
  for (const { path, file } of files) {
    const modified = Math.floor(file.lastModified / 1000);
    const told = paxRecords(path, file.size);
    if (told.length) parts.push(header("pax", told.length, modified, "x"), told, padding(told.length));
    parts.push(header(path, file.size, modified, "0"), file, padding(file.size));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new Blob(parts);
}

function header(path: string, size: number, modified: number, type: string): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const write = (at: number, value: string) => block.set(text.encode(value), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  block.set(text.encode(path).subarray(0, LONGEST_NAME), 0);
  write(100, "0000644");
  write(108, "0000000");
  write(116, "0000000");
  write(124, octal(size < LARGEST ? size : 0, 11));
  write(136, octal(Math.max(0, modified), 11));
  write(148, "        "); // the checksum counts as blanks in itself
  write(156, type);
  write(257, "ustar\u000000");
  write(148, `${octal(block.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
  return block;
}

/** What the header of a file has no room for. */
function paxRecords(path: string, size: number): Uint8Array<ArrayBuffer> {
  const records: string[] = [];
  if (text.encode(path).length > LONGEST_NAME) records.push(record("path", path));
  if (size >= LARGEST) records.push(record("size", String(size)));
  return text.encode(records.join(""));
}

/** "LENGTH key=value\n", where LENGTH counts its own digits. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = text.encode(rest).length;
  let length = bytes;
  while (length !== bytes + String(length).length) length = bytes + String(length).length;
  return length + rest;
}

function padding(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}
