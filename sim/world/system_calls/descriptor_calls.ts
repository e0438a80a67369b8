import type { OpenMode, OpenOptions } from "../../programs/program.ts";
import { append, concat, fromBytes, toBytes, toText } from "../content.ts";
import { refuse } from "../errors.ts";
import { Inode } from "../inode.ts";
import { Listener } from "../listener.ts";
import { OpenFile } from "../open_file.ts";
import { Pipe } from "../pipe.ts";
import type { Place } from "../place.ts";
import { SIGPIPE } from "../process_table.ts";
import { FileCalls } from "./file_calls.ts";

/** Where an end waits for its partner: no real descriptor yet. */
const HALF_OPEN = -1;

/** Descriptors: of files, and of the ends of pipes and fifos, which make each other wait. */
export abstract class DescriptorCalls extends FileCalls {
  open(path: string, mode: OpenMode, options: OpenOptions = {}): Promise<number> {
    return this.#open(path, mode, options, () => {
      const { tree } = this.machine;
      const full = this.absolute(path);
      const found = tree.lookup("open", full, this.follow());
      if ("inode" in found) return found;
      if (options.createMode === undefined) return refuse("open", "ENOENT", path);
      tree.write("open", full, "", options.createMode, this.follow());
      return tree.resolve("open", full, this.follow());
    });
  }

  openPath(path: string): Promise<number> {
    return this.call("open", `${path} O_PATH`, () => {
      const place = this.machine.tree.resolve("open", this.absolute(path), this.follow());
      return this.#addFile(new OpenFile("file", undefined, place));
    });
  }

  reopen(fd: number, mode: OpenMode, options: OpenOptions = {}): Promise<number> {
    const file = this.file("open", fd);
    const name = file.place?.name ?? "";
    return this.#open(
      `/proc/self/fd/${fd} (${name})`,
      mode,
      options,
      () => file.place ?? refuse("open", "ENOENT", name),
    );
  }

  #open(
    path: string,
    mode: OpenMode,
    options: OpenOptions,
    find: () => Place,
  ): Promise<number> {
    let halfOpen: OpenFile | undefined;
    return this.call<number>("open", path, (step) => {
      if (halfOpen !== undefined) return this.#addFile(halfOpen);
      const place = find();
      const { inode } = place;
      if (inode.kind === "directory" && mode !== "read") refuse("open", "EISDIR", path);
      if (place.mount.isReadonly && mode !== "read" && inode.kind === "file") {
        refuse("open", "EROFS", path);
      }
      const { pipe } = inode;
      if (pipe === undefined) {
        if (options.truncates && inode.content.length > 0) {
          this.machine.tree.setContent(place, "");
        }
        return this.#addFile(new OpenFile("file", undefined, place));
      }
      const file = openFifo(pipe, mode, options) ?? refuse("open", "ENXIO", path);
      if (file.isOpen) return this.#addFile(file.end);
      // It counts as an end from now on (Linux, fs/pipe.c), and goes with the process if that dies.
      halfOpen = file.end;
      this.process.files.set(HALF_OPEN, halfOpen);
      return step.waitFor(pipe.changed, file.hasPartner);
    });
  }

  read(fd: number, bytesMax: number): Promise<Uint8Array> {
    const file = this.file("read", fd);
    const effect = (): Uint8Array => {
      if (file.pipe !== undefined) {
        if (file.isNonblocking && file.pipe.sizeBytes === 0 && file.pipe.writers > 0) {
          refuse("read", "EAGAIN", String(fd));
        }
        return file.pipe.read(bytesMax);
      }
      if (file.place === undefined) return new Uint8Array(0);
      const bytes = toBytes(file.place.inode.content).subarray(file.offset, file.offset + bytesMax);
      file.offset += bytes.length;
      return bytes;
    };
    if (file.pipe === undefined || file.isNonblocking) return this.call("read", fd, effect);
    return this.callWhen("read", fd, file.pipe.changed, () => file.isReadable, effect);
  }

  async readAll(fd: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const chunk = await this.read(fd, 65_536);
      if (chunk.length === 0) return toText(concat([...chunks, new Uint8Array(0)]));
      chunks.push(chunk);
    }
  }

  write(fd: number, data: string | Uint8Array): Promise<void> {
    const file = this.file("write", fd);
    let rest = toBytes(data);
    return this.call<void>("write", fd, (step) => {
      const pipe = file.pipe;
      if (pipe === undefined) {
        if (file.place === undefined) return undefined;
        const { inode } = file.place;
        this.machine.tree.setContent(file.place, append(inode.content, fromBytes(rest)));
        return undefined;
      }
      if (pipe.readers === 0) {
        this.machine.processes.signal(this.process, SIGPIPE);
        return refuse("write", "EPIPE", String(fd));
      }
      const isRoom = (): boolean => pipe.freeBytes >= (pipe.carriesPackets ? rest.length : 1);
      if (pipe.carriesPackets && !isRoom()) {
        return step.waitFor(pipe.changed, () => isRoom() || pipe.readers === 0);
      }
      const written = rest.subarray(0, pipe.freeBytes);
      pipe.write(written);
      if (this.process.container !== undefined) {
        this.machine.observer?.wrote?.(this.process, pipe, written);
      }
      rest = rest.subarray(written.length);
      if (rest.length === 0) return undefined;
      if (file.isNonblocking) return refuse("write", "EAGAIN", String(fd));
      return step.waitFor(pipe.changed, () => isRoom() || pipe.readers === 0);
    });
  }

  flock(fd: number): Promise<void> {
    const file = this.file("flock", fd);
    const inode = file.place?.inode ?? refuse("flock", "EBADF", String(fd));
    const lock = inode.fileSystem.lockOf(inode);
    return this.callWhen("flock", fd, lock.changed, () => lock.isFreeFor(file), () => {
      lock.take(file);
      file.lock = lock;
    });
  }

  close(fd: number): Promise<void> {
    return this.call("close", fd, () => {
      this.file("close", fd).close();
      this.process.files.delete(fd);
    });
  }

  async bindSocket(path: string): Promise<number> {
    const listener = new Listener();
    await this.make("bind", path, (at) => {
      const inode = new Inode(at, "socket", 0o755);
      inode.listener = listener;
      return inode;
    });
    return this.#addFile(OpenFile.listening(listener));
  }

  accept(fd: number): Promise<[number, number] | undefined> {
    return this.call<[number, number] | undefined>("accept", fd, () => {
      const connection = this.file("accept", fd).listener?.accept();
      if (connection === undefined) return undefined;
      const reader = this.#addFile(connection.reader);
      return [reader, this.#addFile(connection.writer)];
    });
  }

  terminalSize(fd: number): Promise<string> {
    return this.call("ioctl", fd, () => {
      return this.file("ioctl", fd).pipe?.terminalSize ?? refuse("ioctl", "ENOTTY", String(fd));
    });
  }

  resizeTerminal(fd: number, size: string): Promise<void> {
    return this.call("ioctl", [String(fd), size], () => {
      const { pipe } = this.file("ioctl", fd);
      if (pipe !== undefined) pipe.terminalSize = size;
    });
  }

  pipe(): [number, number] {
    const pipe = new Pipe();
    const reader = this.#addFile(OpenFile.reader(pipe));
    return [reader, this.#addFile(OpenFile.writer(pipe))];
  }

  duplicate(from: number, to: number): void {
    const file = this.file("dup2", from);
    if (from === to) return;
    this.process.files.get(to)?.close();
    this.process.files.set(to, file.share());
  }

  toNull(fd: number): void {
    this.process.files.get(fd)?.close();
    this.process.files.set(fd, OpenFile.null());
  }

  #addFile(file: OpenFile): number {
    this.process.files.delete(HALF_OPEN);
    let fd = 0;
    while (this.process.files.has(fd)) fd++;
    this.process.files.set(fd, file);
    return fd;
  }
}

/** Opens an end of a fifo (man 7 fifo); undefined: nobody reads, and it would not wait for that. */
function openFifo(
  pipe: Pipe,
  mode: OpenMode,
  options: OpenOptions,
):
  | { readonly end: OpenFile; readonly isOpen: boolean; readonly hasPartner: () => boolean }
  | undefined {
  const isNonblocking = options.isNonblocking ?? false;
  const { readerOpens, writerOpens } = pipe;
  if (mode === "read") {
    const hadWriter = pipe.writers > 0;
    pipe.openReader();
    const before = hadWriter ? -1 : writerOpens;
    return {
      end: new OpenFile("reader", pipe, undefined, isNonblocking, false, before),
      isOpen: hadWriter || isNonblocking,
      hasPartner: () => pipe.writerOpens !== writerOpens,
    };
  }
  if (pipe.readers === 0 && isNonblocking) return undefined;
  const isOpen = pipe.readers > 0;
  pipe.openWriter();
  const end = new OpenFile("writer", pipe, undefined, isNonblocking);
  return { end, isOpen, hasPartner: () => pipe.readerOpens !== readerOpens };
}
