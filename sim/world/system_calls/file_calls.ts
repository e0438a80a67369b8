import type { FileStat } from "../../../src/kernel/files.ts";
import { toBytes, toText } from "../content.ts";
import { refuse } from "../errors.ts";
import type { FileSystem } from "../file_system.ts";
import { Directory, Inode } from "../inode.ts";
import { Caller, isErrno } from "./caller.ts";

/** Files by their paths: content, names, owners. */
export abstract class FileCalls extends Caller {
  readFile(path: string): Promise<string> {
    return this.call("readFile", path, () => toText(this.#fileAt("open", path).content));
  }

  readBytes(path: string): Promise<Uint8Array> {
    return this.call("readFile", path, () => toBytes(this.#fileAt("open", path).content));
  }

  writeFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    return this.call("writeFile", path, () => {
      this.machine.tree.write("open", this.absolute(path), content, mode, this.follow());
    });
  }

  createFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    return this.call("createFile", path, () => {
      const { tree } = this.machine;
      const at = tree.vacancyAt("open", this.absolute(path), this.process.root);
      const inode = new Inode(at.parent.inode.home, "file", mode);
      inode.content = content;
      tree.link("open", at, inode);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.call("rename", [from, to], () => {
      this.machine.tree.rename("rename", this.absolute(from), this.absolute(to), this.follow());
    });
  }

  unlink(path: string): Promise<void> {
    return this.call("unlink", path, () => {
      const at = this.machine.tree.parentOf("unlink", this.absolute(path), this.follow());
      if (at.parent.inode.lookup(at.name) instanceof Directory) refuse("unlink", "EISDIR", path);
      this.machine.tree.unlink("unlink", at);
    });
  }

  mkdir(path: string, mode = 0o755): Promise<void> {
    return this.call("mkdir", path, () => {
      const { tree } = this.machine;
      tree.mkdir("mkdir", tree.vacancyAt("mkdir", this.absolute(path), this.process.root), mode);
    });
  }

  mkdirs(path: string, mode = 0o755): Promise<void> {
    return this.call("mkdirs", path, () => {
      this.machine.tree.mkdirs("mkdir", this.absolute(path), mode, this.follow());
    });
  }

  rmdir(path: string): Promise<void> {
    return this.call("rmdir", path, () => {
      const at = this.machine.tree.parentOf("rmdir", this.absolute(path), this.follow());
      const inode = at.parent.inode.lookup(at.name);
      if (inode !== undefined && !(inode instanceof Directory)) refuse("rmdir", "ENOTDIR", path);
      this.machine.tree.unlink("rmdir", at);
    });
  }

  async removeAll(path: string): Promise<void> {
    const stat = await this.stat(path);
    if (stat === undefined) return;
    if (stat.kind !== "directory") {
      return await this.unlink(path).catch(ignoreAbsent);
    }
    for (const name of await this.list(path).catch(ignoreAbsentList)) {
      await this.removeAll(`${path}/${name}`);
    }
    await this.rmdir(path).catch(ignoreAbsent);
  }

  symlink(target: string, path: string): Promise<void> {
    return this.call("symlink", [target, path], () => {
      const { tree } = this.machine;
      const at = tree.vacancyAt("symlink", this.absolute(path), this.process.root);
      tree.link("symlink", at, new Inode(at.parent.inode.home, "symlink", 0o777, target));
    });
  }

  readLink(path: string): Promise<string> {
    return this.call("readlink", path, () => {
      const { inode } = this.machine.tree.resolve("readlink", this.absolute(path), {
        ...this.follow(),
        follow: false,
      });
      return inode.kind === "symlink" ? inode.target : refuse("readlink", "EINVAL", path);
    });
  }

  hardLink(from: string, to: string): Promise<void> {
    return this.call("link", [from, to], () => {
      const { tree } = this.machine;
      const { inode } = tree.resolve("link", this.absolute(from), {
        ...this.follow(),
        follow: false,
      });
      if (inode instanceof Directory) refuse("link", "EPERM", from);
      tree.link("link", tree.vacancyAt("link", this.absolute(to), this.process.root), inode);
    });
  }

  mkfifo(path: string, mode: number): Promise<void> {
    return this.make("mkfifo", path, (at) => new Inode(at, "fifo", mode));
  }

  mknod(path: string, device: string, mode: number): Promise<void> {
    return this.make("mknod", path, (at) => {
      const inode = new Inode(at, "device", mode);
      inode.device = device;
      return inode;
    });
  }

  chown(path: string, uid: number, gid: number): Promise<void> {
    return this.call("lchown", path, () => {
      const { inode } = this.machine.tree.resolve("lchown", this.absolute(path), {
        ...this.follow(),
        follow: false,
      });
      inode.touch("write");
      inode.uid = uid;
      inode.gid = gid;
    });
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.call("chmod", path, () => {
      const { inode } = this.machine.tree.resolve("chmod", this.absolute(path), this.follow());
      inode.touch("write");
      inode.mode = mode;
    });
  }

  list(path: string): Promise<readonly string[]> {
    return this.call("getdents", path, () => {
      const { inode } = this.machine.tree.resolve("open", this.absolute(path), this.follow());
      return inode instanceof Directory ? inode.names() : refuse("open", "ENOTDIR", path);
    });
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.call("lstat", path, () => {
      const { tree } = this.machine;
      const place = tree.find(this.absolute(path), { ...this.follow(), follow: false });
      return place === undefined ? undefined : tree.stat(place);
    });
  }

  fsync(path: string): Promise<void> {
    return this.call("fsync", path, () => {
      const { inode } = this.machine.tree.resolve("fsync", this.absolute(path), this.follow());
      inode.fileSystem.syncFile(inode);
    });
  }

  /** Makes something that is no plain file. */
  protected make(
    verb: string,
    path: string,
    make: (fileSystem: FileSystem) => Inode,
  ): Promise<void> {
    return this.call(verb, path, () => {
      const { tree } = this.machine;
      const at = tree.vacancyAt(verb, this.absolute(path), this.process.root);
      tree.link(verb, at, make(at.parent.inode.home));
    });
  }

  #fileAt(verb: string, path: string): Inode {
    const { inode } = this.machine.tree.resolve(verb, this.absolute(path), this.follow());
    return inode.kind === "directory" ? refuse(verb, "EISDIR", path) : inode;
  }
}

function ignoreAbsent(error: unknown): void {
  if (!isErrno(error) || error.errno !== "ENOENT") throw error;
}

function ignoreAbsentList(error: unknown): readonly string[] {
  ignoreAbsent(error);
  return [];
}
