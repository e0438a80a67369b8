import { join } from "@std/path";
import type { Config } from "../../src/config.ts";
import { containerPaths } from "../../src/container/paths.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { parseStatus, type Status, textOf } from "./status.ts";

const CHECKPOINT_BYTES_MAX = 64 * 1024;
const MODE = 0o600;

/**
 * The status file of a container (store/container/status.go, by way of continuity, ioutils.go:34-72):
 * a temporary file, synced, then renamed. The folder is not synced, so that after a power loss the
 * rename may not have happened.
 */
export class Checkpoint {
  readonly #path: string;
  readonly #temporary: string;

  constructor(readonly kernel: Kernel, config: Config, id: string) {
    const { directory } = containerPaths(config, id);
    this.#path = join(directory, "status");
    this.#temporary = join(directory, ".tmp-status");
  }

  async write(status: Status): Promise<void> {
    const { files } = this.kernel;
    await files.writeFile(this.#temporary, textOf(status), MODE);
    await files.syncFileSystem(this.#temporary);
    await files.rename(this.#temporary, this.#path);
  }

  /** @throws when it is missing or damaged. */
  async read(): Promise<Status> {
    const content = await this.kernel.files.readFile(this.#path, CHECKPOINT_BYTES_MAX);
    return parseStatus(new TextDecoder().decode(content));
  }

  async delete(): Promise<void> {
    await this.kernel.files.remove(this.#path);
  }
}
