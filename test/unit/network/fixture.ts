import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import type { ChildProcess, Command } from "../../../src/kernel/processes.ts";

/** What a program of the fake host answers. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
}

/** One run of a program. */
export interface Run {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its standard input as JSON. */
  readonly input: Readonly<Record<string, unknown>>;
}

export const CONFIG = {
  ...DEFAULT_CONFIG,
  cni: { configDirectory: "/net.d", binaryDirectories: ["/none", "/cni"] },
};

/** A host that has some files, and programs that answer at once. */
export function host(
  files: Readonly<Record<string, string>>,
  answer: (run: Run) => Answer,
): { readonly kernel: Kernel; readonly runs: Run[] } {
  const runs: Run[] = [];
  const encode = (text: string) => new TextEncoder().encode(text);
  const kernel = {
    clock: { after: () => ({ [Symbol.dispose]() {} }) },
    files: {
      list(path: string) {
        const names = Object.keys(files).filter((it) => it.startsWith(`${path}/`))
          .map((it) => it.slice(path.length + 1));
        if (names.length > 0) return Promise.resolve(names.sort());
        return Promise.reject(new KernelError("list", "ENOENT", path));
      },
      readFile(path: string) {
        return Promise.resolve(encode(files[path] ?? ""));
      },
      stat(path: string) {
        return Promise.resolve(files[path] === undefined ? undefined : {});
      },
    },
    processes: {
      spawn(command: Command, { stdin }: { readonly stdin?: string }): Promise<ChildProcess> {
        const run: Run = {
          program: command.program,
          env: command.env ?? {},
          input: JSON.parse(stdin ?? "{}"),
        };
        runs.push(run);
        const { code, stdout } = answer(run);
        return Promise.resolve({
          identity: { pid: 1, startTime: 1 },
          exited: () => Promise.resolve({ kind: "exited", code }),
          outputEnded: () => Promise.resolve(),
          children: () => Promise.resolve([]),
          output: () => ({ stdout: encode(stdout), stderr: encode(""), isTruncated: false }),
          signal: () => Promise.resolve(),
          streams: undefined,
          sendPipe: () => Promise.resolve(),
          writePipe: () => Promise.resolve(),
          readPipeLine: () => Promise.resolve(""),
          [Symbol.dispose]() {},
        });
      },
    },
  };
  return { kernel: kernel as unknown as Kernel, runs };
}
