// A disk behind a page cache: what a program asked for, and what of that a power failure may leave. The rules are POSIX's, at their weakest:
// a file's bytes are kept from its fsync on, a name from its folder's fsync on; of the rest any part may be there, in 512-byte sectors.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SECTOR = 512;

/** The calls of a journal that shim.c wrote: { name, words, bytes }. */
export function journalOf(bytes) {
  const calls = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const [, name, rest] = /^(\w+) (.*)$/s.exec(bytes.toString("utf8", at, end));
    const length = name === "said" ? Number(rest) : name === "write" ? Number(rest.split(" ")[2]) : 0;
    calls.push({ name, rest, bytes: bytes.subarray(end + 1, end + 1 + length) });
    at = end + 1 + length;
  }
  return calls;
}

class File {
  bytes = Buffer.alloc(0);
  synced = Buffer.alloc(0);
  /** Ranges that were written since. */
  pending = [];

  change(at, bytes) {
    const length = Math.max(this.bytes.length, at + bytes.length);
    const changed = Buffer.alloc(length);
    this.bytes.copy(changed);
    bytes.copy(changed, at);
    this.bytes = changed;
    this.pending.push([at, at + bytes.length]);
  }

  cut(length) {
    const changed = Buffer.alloc(length);
    this.bytes.copy(changed);
    this.bytes = changed;
  }

  sync() {
    this.synced = this.bytes;
    this.pending = [];
  }

  /** What a failure leaves. */
  left(state, random) {
    if (state === "synced" || state === "names") return this.synced;
    // The size is metadata, which a journaling file system may write before the data.
    const bytes = Buffer.alloc(Math.max(this.bytes.length, this.synced.length));
    this.synced.copy(bytes);
    if (state === "sizes") return bytes;
    for (const [from, to] of this.pending) {
      for (let at = from; at < to; ) {
        const end = Math.min(to, this.bytes.length, (Math.floor(at / SECTOR) + 1) * SECTOR);
        if (end <= at) break;
        if (random.chance(0.5)) this.bytes.copy(bytes, at, at, end);
        at = end;
      }
    }
    const shortest = Math.min(this.synced.length, this.bytes.length);
    return bytes.subarray(0, random.chance(0.5) ? bytes.length : shortest + random.below(bytes.length - shortest + 1));
  }
}

class Folder {
  names = new Map();
  synced = new Map();
  /** Names that were made or taken away since. */
  pending = new Set();

  set(name, node) {
    if (node === undefined) this.names.delete(name);
    else this.names.set(name, node);
    this.pending.add(name);
  }

  sync() {
    this.synced = new Map(this.names);
    this.pending.clear();
  }

  left(state, random) {
    if (state === "synced") return this.synced;
    if (state !== "any") return this.names;
    const left = new Map(this.synced);
    for (const name of this.pending) {
      if (random.chance(0.5)) continue;
      if (this.names.has(name)) left.set(name, this.names.get(name));
      else left.delete(name);
    }
    return left;
  }
}

export class Disk {
  #root = new Folder();
  #place;
  #open = new Map();

  /** @param place the folder that the program was given; it is on the disk */
  constructor(place) {
    this.#place = place;
  }

  apply({ name, rest, bytes }) {
    this.#calls[name](rest, bytes);
  }

  #calls = {
    open: (rest) => {
      const [, fd, creates, empties, appends, path] = /^(\d+) (\d) (\d) (\d) (.*)$/s.exec(rest);
      const [folder, name] = this.#at(path);
      let node = name === "" ? folder : folder.names.get(name);
      if (node === undefined && creates === "1") folder.set(name, (node = new File()));
      if (empties === "1" && node instanceof File) node.cut(0);
      this.#open.set(fd, { node, at: 0, appends: appends === "1" });
    },
    write: (rest, bytes) => {
      const [fd, at] = rest.split(" ");
      const file = this.#open.get(fd);
      const place = Number(at) >= 0 ? Number(at) : file.appends ? file.node.bytes.length : file.at;
      file.node.change(place, bytes);
      if (Number(at) < 0) file.at = place + bytes.length;
    },
    ftruncate: (rest) => {
      const [fd, length] = rest.split(" ");
      this.#open.get(fd).node.cut(Number(length));
    },
    ftruncate64: (rest) => this.#calls.ftruncate(rest),
    fsync: (fd) => this.#open.get(fd).node.sync(),
    fdatasync: (fd) => this.#open.get(fd).node.sync(),
    close: (fd) => this.#open.delete(fd),
    mkdir: (path) => this.#set(path, new Folder()),
    unlink: (path) => this.#set(path, undefined),
    rmdir: (path) => this.#set(path, undefined),
    symlink: (rest) => this.#set(rest.split("\t")[1], rest.split("\t")[0]),
    rename: (rest) => {
      const [from, to] = rest.split("\t").map((path) => this.#at(path));
      const node = from[0].names.get(from[1]);
      from[0].set(from[1], undefined);
      to[0].set(to[1], node);
    },
  };

  #set(path, node) {
    const [folder, name] = this.#at(path);
    folder.set(name, node);
  }

  /** The folder of a path, and the name in it. */
  #at(path) {
    const names = path.slice(this.#place.length).split("/").filter(Boolean);
    const name = names.pop() ?? "";
    return [names.reduce((folder, each) => folder.names.get(each), this.#root), name];
  }

  /**
   * Builds what a failure now leaves.
   * @param state "synced": nothing else; "names": all names, with the bytes that were synced; "sizes": these with their sizes, zeros for bytes;
   *   "any": any part
   */
  write(dir, state, random) {
    const build = (folder, place) => {
      mkdirSync(place, { recursive: true });
      for (const [name, node] of folder.left(state, random)) {
        const path = join(place, name);
        if (node instanceof Folder) build(node, path);
        else if (node instanceof File) writeFileSync(path, node.left(state, random));
        else symlinkSync(node, path);
      }
    };
    build(this.#root, dir);
  }
}
