import { basename, dirname, join } from "@std/path";
import { joined } from "../src/bytes.ts";
import type { Context } from "../src/kernel/context.ts";
import { KernelError } from "../src/kernel/errno.ts";
import type {
  DirectoryWatch,
  DiskUsage,
  FifoReader,
  Files,
  FileStat,
  Watched,
} from "../src/kernel/files.ts";
import type { Processes } from "../src/kernel/processes.ts";
import type { PacketSocket } from "../src/kernel/streams.ts";
import { asKernelError, attempt } from "./errno.ts";
import { openFifo, writeFifo } from "./fifo.ts";
import { libc, O, openFd, owned, readFd } from "./libc.ts";
import { refuseMounts } from "./mounted.ts";
import { connectPacketSocket } from "./packet_socket.ts";
import type { Poller } from "./poller.ts";
import { removeTrees } from "./remove_trees.ts";
import { resolveInRoot } from "./resolve.ts";
import { statOf } from "./stat.ts";
import { Turn } from "./turn.ts";
import { diskUsage, diskUsageOfEach } from "./usage.ts";
import { watchDirectory } from "./watch.ts";

const READ_BYTES = 64 * 1024;
/** Of larger files the blocks have to be freed, which can take a while. */
const SMALL_BYTES = 1024 * 1024;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o755;

/**
 * Files. What takes a bounded number of system calls is done on the event loop's thread, where it
 * costs microseconds; a tree or a file system goes to another thread or program.
 */
export class LinuxFiles implements Files {
  readonly #poller: Poller;
  readonly #processes: Processes;
  readonly #turn = new Turn();

  constructor(poller: Poller, processes: Processes) {
    this.#poller = poller;
    this.#processes = processes;
  }

  async readFile(path: string, bytesMax: number): Promise<Uint8Array> {
    await this.#turn.left();
    // A fifo that somebody put in place of the file must not stop the daemon.
    using file = owned(openFd("readFile", path, O.RDONLY | O.NONBLOCK | O.NOCTTY));
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    while (true) {
      const chunk = new Uint8Array(Math.min(READ_BYTES, bytesMax - bytes + 1));
      const count = readFd("readFile", path, file.fd, chunk);
      if (count === 0) return joined(chunks);
      bytes += count;
      if (bytes > bytesMax) {
        throw new KernelError("readFile", "EFBIG", path, { detail: `more than ${bytesMax} bytes` });
      }
      chunks.push(chunk.subarray(0, count));
    }
  }

  async writeFile(
    path: string,
    content: string | Uint8Array,
    mode: number = FILE_MODE,
  ): Promise<void> {
    await this.#turn.left();
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const part = crypto.randomUUID().slice(0, 8);
    const draft = join(dirname(path), `.${basename(path).slice(0, 200)}.${part}.tmp`);
    try {
      Deno.writeFileSync(draft, bytes, { createNew: true, mode: FILE_MODE });
      // Apart, since the umask takes bits away when a file is created.
      if (mode !== FILE_MODE) Deno.chmodSync(draft, mode);
      Deno.renameSync(draft, path);
    } catch (error) {
      removeIfThere(draft);
      throw asKernelError("writeFile", path, error);
    }
  }

  async mkdir(path: string, mode?: number): Promise<void> {
    await this.#turn.left();
    attempt("mkdir", path, () => {
      if (statOf(path) === undefined) {
        Deno.mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
        if (mode !== undefined) Deno.chmodSync(path, mode);
      } else {
        // Refuses what is there and no directory.
        Deno.mkdirSync(path, { recursive: true });
      }
    });
  }

  async remove(...paths: readonly string[]): Promise<void> {
    await this.#turn.left();
    const trees: string[] = [];
    for (const path of paths) {
      const stat = statOf(path);
      if (stat === undefined) continue;
      // A recursive removal would empty what is mounted before rmdir refuses the mount point.
      const isLargeTree = stat.kind === "directory" && !refuseMounts(path);
      if (isLargeTree) trees.push(path);
      else await removeSmall(path, stat);
    }
    if (trees.length > 0) await removeTrees(this.#processes, trees);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#turn.left();
    attempt("rename", from, () => Deno.renameSync(from, to));
  }

  async symlink(target: string, path: string): Promise<void> {
    await this.#turn.left();
    attempt("symlink", path, () => Deno.symlinkSync(target, path));
  }

  async stat(path: string) {
    await this.#turn.left();
    return statOf(path);
  }

  async list(path: string): Promise<readonly string[]> {
    await this.#turn.left();
    return attempt("list", path, () => [...Deno.readDirSync(path)].map(({ name }) => name).sort());
  }

  async resolveInRoot(root: string, path: string): Promise<string> {
    await this.#turn.left();
    return await resolveInRoot(this.#processes, root, path);
  }

  async usage(path: string): Promise<DiskUsage> {
    await this.#turn.left();
    return await diskUsage(this.#processes, path);
  }

  async usageOfEach(
    paths: readonly string[],
    context: Context,
  ): Promise<ReadonlyMap<string, DiskUsage>> {
    await this.#turn.left();
    return await diskUsageOfEach(this.#processes, paths, context);
  }

  async syncFileSystem(path: string): Promise<void> {
    await this.#turn.left();
    using file = owned(openFd("syncFileSystem", path, O.RDONLY | O.NONBLOCK));
    // On another thread, so errno is out of reach: a lost write is what it is there to report.
    if (await libc().syncfs(file.fd) < 0) throw new KernelError("syncFileSystem", "EIO", path);
  }

  async openFifo(path: string): Promise<FifoReader> {
    await this.#turn.left();
    return openFifo(path, this.#poller);
  }

  async writeFifo(path: string, content: string): Promise<void> {
    await this.#turn.left();
    writeFifo(path, content);
  }

  async connect(path: string): Promise<PacketSocket> {
    await this.#turn.left();
    return connectPacketSocket(path, this.#poller);
  }

  async watch(directory: string, watched: Watched): Promise<DirectoryWatch> {
    await this.#turn.left();
    return watchDirectory(directory, watched, this.#poller);
  }
}

async function removeSmall(path: string, { kind, sizeBytes }: FileStat): Promise<void> {
  try {
    // What is no tree is gone sooner than another thread has heard of it.
    if (kind !== "directory" && sizeBytes <= SMALL_BYTES) Deno.removeSync(path);
    else await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw asKernelError("remove", path, error);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was never made, or its file system is what failed: the error that is reported says more.
  }
}
