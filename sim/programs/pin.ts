import { KernelError } from "../../src/kernel/errno.ts";
import type { NamespaceKind } from "../../src/kernel/namespaces.ts";
import type { Program } from "./program.ts";

/**
 * What creates and pins namespaces for the daemon, which must not unshare by itself (man 1 unshare):
 * `slipway-pin --net=PATH --ipc=PATH --uts=PATH /proc/sys/PATH=VALUE HOSTNAME`. Fails with the errno and
 * the path on stderr.
 */
export const pin: Program = async (sys) => {
  const hostname = sys.args.at(-1) ?? "";
  const pins: { kind: NamespaceKind; path: string }[] = [];
  const parameters: { path: string; value: string }[] = [];
  for (const arg of sys.args.slice(1, -1)) {
    const [name = "", value = ""] = arg.split(/=(.*)/s);
    if (name.startsWith("--")) pins.push({ kind: name.slice(2) as NamespaceKind, path: value });
    else parameters.push({ path: name, value });
  }
  let at = "";
  try {
    for (const { path } of pins) {
      at = path;
      const stat = await sys.stat(path);
      if (stat === undefined) await sys.createFile(path, "", 0o444);
      else if (stat.kind === "symlink") continue;
      else if (await sys.isPin(path)) return await fail("EEXIST");
    }
    await sys.unshare(pins.map((it) => it.kind));
    if (pins.some((it) => it.kind === "uts")) await sys.setHostname(hostname);
    for (const { path, value } of parameters) {
      at = path;
      await sys.setParameter(path, value);
    }
    for (const { kind, path } of pins) {
      at = path;
      await sys.bindNamespace(kind, path);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return await fail(error.errno);
  }

  async function fail(errno: string): Promise<number> {
    await sys.write(2, `${errno} ${at}`);
    return 1;
  }
};
