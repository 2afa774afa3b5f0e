import { readFileSync } from "node:fs";

/** A call that changed a file, as shim.c noted it. */
export type Call =
  | { readonly kind: "write"; readonly inode: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly inode: string; readonly size: number }
  | { readonly kind: "sync"; readonly inode: string; readonly path: string }
  | { readonly kind: "create"; readonly inode: string; readonly path: string }
  | { readonly kind: "unlink"; readonly path: string }
  | { readonly kind: "mkdir"; readonly path: string }
  | { readonly kind: "rename"; readonly path: string; readonly to: string }
  | { readonly kind: "link"; readonly path: string; readonly to: string };

const KINDS = [
  undefined,
  "write",
  "sync",
  "truncate",
  "unlink",
  "rename",
  "create",
  "link",
  "mkdir",
] as const;
const HEAD = 32;

/**
 * Reads what the preload library wrote: a head of fixed size, the path, the data.
 * @param isLeftOut calls on these paths are passed over
 */
export function readCalls(path: string, isLeftOut: (path: string) => boolean): Call[] {
  const bytes = readFileSync(path);
  const calls: Call[] = [];
  for (let at = 0; at < bytes.length; ) {
    const pathEnd = at + HEAD + bytes.readUInt32LE(at + 4);
    const size = Number(bytes.readBigUInt64LE(at + 24));
    const name = bytes.toString("utf8", at + HEAD, pathEnd);
    if (!isLeftOut(name))
      calls.push(callOf(bytes.subarray(at, at + HEAD), name, bytes.subarray(pathEnd, pathEnd + size)));
    at = pathEnd + size;
  }
  return calls;
}

function callOf(head: Buffer, path: string, data: Buffer): Call {
  const kind = KINDS[head.readUInt32LE(0)];
  const inode = String(head.readBigUInt64LE(8));
  const offset = Number(head.readBigInt64LE(16));
  switch (kind) {
    case "write":
      return { kind, inode, offset, data };
    case "truncate":
      return { kind, inode, size: offset };
    case "sync":
    case "create":
      return { kind, inode, path };
    case "unlink":
    case "mkdir":
      return { kind, path };
    case "link":
    case "rename":
      return { kind, path, to: data.toString("utf8") };
    default:
      throw new Error("the log of the calls cannot be read");
  }
}
