import type { DeviceId, FileStat } from "../../src/kernel/files.ts";
import { type Errno, KernelError } from "../../src/kernel/errno.ts";
import type { MountSharing } from "../../src/kernel/mounts.ts";
import { footprints } from "../footprint.ts";
import type { Prng } from "../random.ts";
import { sizeOf } from "./content.ts";
import { refusal, refuse } from "./errors.ts";
import { FileSystem, type FileSystemType } from "./file_system.ts";
import { Directory, Inode } from "./inode.ts";
import type { MountPoint } from "./mount_point.ts";
import { OverlayDirectory } from "./overlay.ts";
import { PathWalk, type ResolveOptions, type Vacancy } from "./path_walk.ts";
import { pathOf, type Place } from "./place.ts";

const COMMON_OPTIONS: ReadonlySet<string> = new Set(
  ("defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount bind rbind " +
    "noatime atime diratime nodiratime relatime norelatime strictatime nostrictatime " +
    "private rprivate shared rshared slave rslave unbindable runbindable").split(" "),
);

/** What the words of mount(8) make of a mount. */
const SHARING: Readonly<Record<string, MountSharing>> = {
  shared: "shared",
  rshared: "shared",
  slave: "slave",
  rslave: "slave",
  private: "private",
  rprivate: "private",
  unbindable: "private",
  runbindable: "private",
};

const OWN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  tmpfs: ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "huge", "inode32", "inode64"],
  overlay: [
    "lowerdir",
    "upperdir",
    "workdir",
    "index",
    "metacopy",
    "volatile",
    "userxattr",
    "redirect_dir",
    "xino",
    "nfs_export",
  ],
  proc: ["hidepid", "gid", "subset"],
  devpts: ["newinstance", "ptmxmode", "mode", "gid", "uid"],
};

const FOLLOW: ResolveOptions = {};
const NO_FOLLOW: ResolveOptions = { follow: false };

/** All mounted file systems as one tree of names: paths, mounts, and what one does with names. */
export class Tree {
  readonly root: MountPoint;
  /** Every mount, in the order of mounting. */
  readonly mounts: MountPoint[] = [];
  #mountCount = 0;
  #deviceCount = 0;
  readonly #now: () => number;
  readonly #walk: PathWalk;

  constructor(rootFileSystem: FileSystem, now: () => number) {
    this.#now = now;
    this.root = {
      id: ++this.#mountCount,
      parent: undefined,
      covers: undefined,
      target: "/",
      source: "/dev/vda",
      type: rootFileSystem.type,
      options: [],
      fileSystem: rootFileSystem,
      root: rootFileSystem.root,
      isReadonly: false,
      isDetached: false,
      children: new Map(),
    };
    this.mounts.push(this.root);
    this.#walk = new PathWalk({
      mount: this.root,
      inode: rootFileSystem.root,
      parent: undefined,
      name: "",
    });
  }

  newFileSystem(type: FileSystemType): FileSystem {
    return new FileSystem(type, 100 + ++this.#deviceCount);
  }

  /** Where `path` leads (man 7 path_resolution). @throws {KernelError} ENOENT, ENOTDIR, ELOOP. */
  resolve(verb: string, path: string, options: ResolveOptions = FOLLOW): Place {
    const found = this.seek(verb, path, options);
    if (found instanceof KernelError) throw found;
    return found;
  }

  /** Like {@linkcode resolve}, but returns what that throws. */
  seek(verb: string, path: string, options: ResolveOptions = FOLLOW): Place | KernelError {
    const found = this.#walk.to(path, options);
    if (typeof found === "string") return refusal(verb, found, path);
    return "inode" in found ? found : refusal(verb, "ENOENT", path);
  }

  /** Like {@linkcode resolve}, undefined when nothing is there, or nothing leads there. */
  find(path: string, options: ResolveOptions = FOLLOW): Place | undefined {
    const found = this.#walk.to(path, options);
    return typeof found !== "string" && "inode" in found ? found : undefined;
  }

  /** What is at `path` or the directory in which it could be made. */
  lookup(verb: string, path: string, options: ResolveOptions = FOLLOW): Place | Vacancy {
    const found = this.#walk.to(path, options);
    return typeof found === "string" ? refuse(verb, found, path) : found;
  }

  /** The directory of `path` and its last name. */
  parentOf(verb: string, path: string, options: ResolveOptions = FOLLOW): Vacancy {
    const slash = trimmed(path).lastIndexOf("/");
    const name = trimmed(path).slice(slash + 1);
    if (name === "" || name === "." || name === "..") refuse(verb, "EINVAL", path);
    const parent = this.resolve(verb, path.slice(0, slash) || "/", options);
    if (!(parent.inode instanceof Directory)) return refuse(verb, "ENOTDIR", path);
    return { parent: parent as Vacancy["parent"], name };
  }

  /** Gives `inode` the name, replacing a file that has it. */
  link(verb: string, at: Vacancy, inode: Inode): void {
    this.#assertWritable(verb, at.parent);
    inode.modifiedMicros ||= this.#now();
    at.parent.inode.link(at.name, inode);
    at.parent.inode.modifiedMicros = this.#now();
    at.parent.inode.notify(at.name);
  }

  /** Takes a name away: of a file, or of an empty directory. */
  unlink(verb: string, at: Vacancy): void {
    this.#assertWritable(verb, at.parent);
    const inode = at.parent.inode.lookup(at.name);
    const path = `${pathOf(at.parent)}/${at.name}`;
    if (inode === undefined) return refuse(verb, "ENOENT", path);
    if (at.parent.mount.children.has(inode)) refuse(verb, "EBUSY", path);
    if (inode instanceof Directory) {
      if (!inode.isEmpty) refuse(verb, "ENOTEMPTY", path);
      for (const watch of inode.watches ?? []) watch.overflow();
    }
    at.parent.inode.unlink(at.name);
    at.parent.inode.modifiedMicros = this.#now();
    at.parent.inode.notify(at.name);
  }

  /** Makes a file with content, or gives the one that is there new content. */
  write(
    verb: string,
    path: string,
    content: string | Uint8Array,
    mode: number,
    options: ResolveOptions = FOLLOW,
  ): Inode {
    const found = this.lookup(verb, path, options);
    if ("inode" in found) {
      if (found.inode.kind === "directory") refuse(verb, "EISDIR", path);
      this.#assertWritable(verb, found);
      this.setContent(found, content);
      return found.inode;
    }
    const inode = new Inode(found.parent.inode.home, "file", mode);
    inode.content = content;
    this.link(verb, found, inode);
    return inode;
  }

  setContent(place: Place, content: string | Uint8Array): void {
    place.inode.content = content;
    place.inode.modifiedMicros = this.#now();
    if (place.parent?.inode instanceof Directory) place.parent.inode.notify(place.name);
  }

  /** Creates a directory and its missing parents (man 1 mkdir, -p). */
  mkdirs(verb: string, path: string, mode: number, options: ResolveOptions = FOLLOW): void {
    const direct = this.#walk.to(
      path,
      options === FOLLOW ? NO_FOLLOW : { ...options, follow: false },
    );
    if (isPlace(direct) && direct.inode instanceof Directory) return;
    if (isVacancy(direct)) return this.mkdir(verb, direct, mode);
    const names = path.split("/").filter(Boolean);
    let walked = "";
    for (let i = 0; i < names.length; i++) {
      walked += `/${names[i]}`;
      const found = this.#walk.to(walked, options);
      if (isPlace(found) && found.inode instanceof Directory) continue;
      const named = this.#walk.to(walked, { ...options, follow: false });
      if (typeof named === "string") return refuse(verb, named, path);
      if (isPlace(named)) {
        // A symlink has its name, wherever it leads (man 2 mkdir, EEXIST).
        const isTaken = i === names.length - 1 || found === "ENOENT" || isVacancy(found);
        return refuse(
          verb,
          isTaken ? "EEXIST" : typeof found === "string" ? found : "ENOTDIR",
          path,
        );
      }
      this.mkdir(verb, named, mode);
    }
  }

  mkdir(verb: string, at: Vacancy, mode: number): void {
    this.link(verb, at, new Directory(at.parent.inode.home, mode));
  }

  symlink(verb: string, target: string, path: string): void {
    const at = this.vacancyAt(verb, path);
    this.link(verb, at, new Inode(at.parent.inode.home, "symlink", 0o777, target));
  }

  /** Where `path` can be made. @throws {KernelError} EEXIST when something is there. */
  vacancyAt(verb: string, path: string, root?: Place): Vacancy {
    const found = this.lookup(verb, path, root === undefined ? NO_FOLLOW : { follow: false, root });
    return "inode" in found ? refuse(verb, "EEXIST", path) : found;
  }

  rename(verb: string, from: string, to: string, options: ResolveOptions = FOLLOW): void {
    const source = this.parentOf(verb, from, options);
    const target = this.parentOf(verb, to, options);
    const inode = source.parent.inode.lookup(source.name);
    if (inode === undefined) return refuse(verb, "ENOENT", from);
    if (source.parent.inode.home !== target.parent.inode.home) refuse(verb, "EXDEV", to);
    this.#assertWritable(verb, source.parent);
    if (source.parent.mount.children.has(inode)) refuse(verb, "EBUSY", from);
    const replaced = target.parent.inode.lookup(target.name);
    if (replaced === inode) return;
    for (let at: Place | undefined = target.parent; at !== undefined; at = at.parent) {
      if (at.inode === inode) refuse(verb, "EINVAL", to);
    }
    if (replaced !== undefined) {
      if (target.parent.mount.children.has(replaced)) refuse(verb, "EBUSY", to);
      if (replaced instanceof Directory && !(inode instanceof Directory)) {
        refuse(verb, "EISDIR", to);
      }
      if (!(replaced instanceof Directory) && inode instanceof Directory) {
        refuse(verb, "ENOTDIR", to);
      }
      if (replaced instanceof Directory && !replaced.isEmpty) refuse(verb, "ENOTEMPTY", to);
    }
    source.parent.inode.unlink(source.name);
    target.parent.inode.link(target.name, inode);
    if (inode instanceof Directory) this.#walk.forget();
    source.parent.inode.notify(source.name);
    target.parent.inode.notify(target.name, "arrivals");
  }

  stat(place: Place): FileStat {
    const { inode } = place;
    inode.touch("read");
    return {
      kind: inode.kind,
      sizeBytes: inode.kind === "file" ? sizeOf(inode.content) : inode.target.length,
      mode: inode.mode,
      uid: inode.uid,
      gid: inode.gid,
      device: inode.fileSystem.device,
      inode: inode.number,
      modifiedMicros: inode.modifiedMicros,
      node: inode.kind === "device" ? deviceIdOf(inode) : undefined,
    };
  }

  /** Mounts a file system, or a part of one, on what is at `target`. */
  mount(
    verb: string,
    source: string,
    target: string,
    type: string,
    options: readonly string[],
  ): MountPoint {
    const at = this.resolve(verb, target);
    assertOptions(verb, source, type, options);
    const { fileSystem, root } = this.#mountable(verb, source, type, options);
    if ((root instanceof Directory) !== (at.inode instanceof Directory)) {
      refuse(verb, "ENOTDIR", target);
    }
    return this.attach(at, { source, type, options, fileSystem, root });
  }

  attach(
    at: Place,
    what: Pick<MountPoint, "source" | "type" | "options" | "fileSystem" | "root">,
  ): MountPoint {
    const mount: MountPoint = {
      ...what,
      id: ++this.#mountCount,
      parent: at.mount,
      covers: at.inode,
      target: pathOf(at),
      isReadonly: what.options.includes("ro"),
      isDetached: false,
      children: new Map(),
    };
    at.inode.touch("write");
    touchMount(mount);
    at.mount.children.set(at.inode, mount);
    this.mounts.push(mount);
    if (at.inode instanceof Directory && at.inode.entries.size > 0) this.#walk.forget();
    return mount;
  }

  /**
   * Takes away the topmost mount on `target` and everything below it (man 2 umount2, MNT_DETACH), and
   * tells what that was.
   */
  unmount(verb: string, target: string): readonly MountPoint[] {
    const at = this.resolve(verb, target, NO_FOLLOW);
    if (at.mount.root !== at.inode || at.mount.parent === undefined) refuse(verb, "EINVAL", target);
    return this.detach(at.mount);
  }

  detach(mount: MountPoint): readonly MountPoint[] {
    mount.covers?.touch("write");
    touchMount(mount);
    mount.parent?.children.delete(mount.covers as Inode);
    const gone = new Set<MountPoint>([mount]);
    for (const other of this.mounts) {
      if (other.parent !== undefined && gone.has(other.parent)) gone.add(other);
    }
    for (const it of gone) {
      touchMount(it);
      it.isDetached = true;
    }
    for (let i = this.mounts.length - 1; i >= 0; i--) {
      if (gone.has(this.mounts[i] as MountPoint)) this.mounts.splice(i, 1);
    }
    return [...gone];
  }

  /** Mount points at and below a path. */
  mountsBelow(path: string): readonly MountPoint[] {
    const place = this.find(path);
    const base = place === undefined ? trimmed(path) : pathOf(place);
    footprints.present?.touch(`mounts below ${base}`, "read");
    const prefix = base === "/" ? "/" : `${base}/`;
    return this.mounts.filter((it) => it.target === base || it.target.startsWith(prefix));
  }

  /** How the mount that `path` is in shares: as it was told, or as the one that it is on; the root as systemd has it. */
  sharing(verb: string, path: string): MountSharing {
    footprints.present?.touch("mounts below /", "read");
    let mount: MountPoint | undefined = this.resolve(verb, path).mount;
    for (; mount !== undefined; mount = mount.parent) {
      const told = mount.options.findLast((it) => it in SHARING);
      if (told !== undefined) return SHARING[told] ?? "private";
    }
    return "shared";
  }

  /** The power is gone: disks keep what they have, everything else is lost. */
  losePower(random: Prng): void {
    for (const mount of [...this.mounts]) {
      if (mount.parent === this.root || mount.parent === undefined) continue;
      this.detach(mount);
    }
    for (const mount of [...this.mounts]) if (mount.parent !== undefined) this.detach(mount);
    this.root.fileSystem.losePower(random);
  }

  #mountable(
    verb: string,
    source: string,
    type: string,
    options: readonly string[],
  ): Pick<MountPoint, "fileSystem" | "root"> {
    switch (type) {
      case "bind": {
        const { inode } = this.resolve(verb, source);
        return { fileSystem: inode.fileSystem, root: inode };
      }
      case "tmpfs":
      case "proc":
      case "sysfs":
      case "devpts":
      case "mqueue":
      case "cgroup":
      case "cgroup2": {
        const fileSystem = this.newFileSystem(type === "tmpfs" ? "tmpfs" : "proc");
        return { fileSystem, root: fileSystem.root };
      }
      case "overlay":
        return this.#overlay(verb, source, options);
      default:
        return refuse(verb, "ENODEV", source, `unknown file system type ${type}`);
    }
  }

  #overlay(
    verb: string,
    source: string,
    options: readonly string[],
  ): Pick<MountPoint, "fileSystem" | "root"> {
    const values = new Map(options.map((option) => splitOnce(option, "=")));
    const lower = values.get("lowerdir") ?? "";
    const upper = values.get("upperdir") ?? "";
    if (lower === "" || (upper !== "" && (values.get("workdir") ?? "") === "")) {
      refuse(verb, "EINVAL", source);
    }
    const fileSystem = this.newFileSystem("overlay");
    const root = new OverlayDirectory(fileSystem, {
      upper: upper === "" ? undefined : this.#directory(verb, upper),
      lowers: lower.split(":").map((path) => this.#directory(verb, path)),
    });
    return { fileSystem, root };
  }

  #directory(verb: string, path: string): Directory {
    const { inode } = this.resolve(verb, path);
    return inode instanceof Directory ? inode : refuse(verb, "ENOTDIR", path);
  }

  #assertWritable(verb: string, place: Place): void {
    if (place.mount.isReadonly) refuse(verb, "EROFS", pathOf(place));
  }
}

function isPlace(found: Place | Vacancy | Errno): found is Place {
  return typeof found !== "string" && "inode" in found;
}

function isVacancy(found: Place | Vacancy | Errno): found is Vacancy {
  return typeof found !== "string" && !("inode" in found);
}

/** Unknown options are refused (man 8 mount, COMMAND-LINE OPTIONS and each file system's own). */
function assertOptions(
  verb: string,
  source: string,
  type: string,
  options: readonly string[],
): void {
  const own = OWN_OPTIONS[type] ?? [];
  for (const option of options) {
    const [key] = splitOnce(option, "=");
    if (!COMMON_OPTIONS.has(key) && !own.includes(key)) refuse(verb, "EINVAL", source, option);
  }
}

/** All devices here are character devices. */
function deviceIdOf({ device }: Inode): DeviceId {
  const [major, minor] = splitOnce(device, ":");
  return { type: "c", major: Number(major), minor: Number(minor) };
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.replace(/\/+$/, "") || "/" : path;
}

function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}

/** A mount comes or goes: who looks below any of the directories that it is in sees that. */
function touchMount({ target }: MountPoint): void {
  const { present } = footprints;
  if (present === undefined) return;
  present.touch("mounts below /", "add");
  for (let end = target.indexOf("/", 1); end > 0; end = target.indexOf("/", end + 1)) {
    present.touch(`mounts below ${target.slice(0, end)}`, "add");
  }
  present.touch(`mounts below ${target}`, "add");
}
