import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { KernelError } from "../../src/kernel/errno.ts";
import type { ContractFixture, RunPromise } from "./fixture.ts";
import { linuxTest, runOnLinux } from "./linux_fixture.ts";
import { runOnSeed } from "./sim_fixture.ts";

/** The same programs each time: to look for more, change it. */
const SEED = 1;
const PROGRAMS = 150;
const CALLS_MAX = 40;

/** One call of the port, on a tree so small that calls meet each other. */
interface Call {
  run(fixture: ContractFixture): Promise<unknown>;
  toString(): string;
}

const path = paths("a", "b", "c");
/** Apart from the rest, since what a read of a pin gives is nobody's business. */
const pin = fc.constantFrom("p", "q", "a/p");
const inRoot = fc.oneof(path, path.map((it) => `/${it}`), fc.constantFrom("..", ".", "../a"));
/** None that leads to something outside of the scratch directory, where the machines differ. */
const target = fc.oneof(path, fc.constantFrom(".", "../a", "/slipway-none/a"));
const content = fc.constantFrom("", "x", "xyz");
const access = fc.constantFrom("rw", "ro");

const call: fc.Arbitrary<Call> = fc.oneof(
  calls("writeFile", [path, content], ({ kernel }, at, text) => kernel.files.writeFile(at, text)),
  calls("readFile", [path], async ({ kernel }, at) => {
    return new TextDecoder().decode(await kernel.files.readFile(at, 2));
  }),
  calls("mkdir", [path], ({ kernel }, at) => kernel.files.mkdir(at)),
  calls("remove", [path], ({ kernel }, at) => kernel.files.remove(at)),
  calls("rename", [path, path], ({ kernel, scratch }, from, to) => {
    return kernel.files.rename(from, `${scratch}/${to}`);
  }),
  calls("symlink", [path, target], ({ kernel }, at, to) => kernel.files.symlink(to, at)),
  calls("stat", [path], async ({ kernel }, at) => {
    const stat = await kernel.files.stat(at);
    // The size of a directory is its file system's matter.
    return stat && [stat.kind, stat.mode, stat.kind === "file" ? stat.sizeBytes : undefined];
  }),
  calls("list", [path], ({ kernel }, at) => kernel.files.list(at)),
  calls("resolveInRoot", [path, inRoot], ({ kernel }, root, at) => {
    return kernel.files.resolveInRoot(root, at);
  }),
  calls("makeFifo", [path], makeFifo),
  calls("writeFifo", [path], ({ kernel }, at) => kernel.files.writeFifo(at, "x")),
  calls("mount tmpfs", [path], ({ kernel }, at) => {
    return kernel.mounts.mount("tmpfs", at, { type: "tmpfs", options: ["mode=755"] });
  }),
  calls("mount bind", [path, path, access], ({ kernel, scratch }, from, at, option) => {
    const options = { type: "bind", options: [option] };
    return kernel.mounts.mount(from, `${scratch}/${at}`, options);
  }),
  calls("unmount", [path], ({ kernel }, at) => kernel.mounts.unmount(at)),
  calls("mounts", [path], ({ kernel }, at) => kernel.mounts.list(at)),
  calls("pin", [pin], ({ kernel }, at) => kernel.namespaces.pin({ ipc: at }, "a-host")),
  calls("unpin", [pin], ({ kernel }, at) => kernel.namespaces.unpin(at)),
  calls("isPinned", [pin], ({ kernel }, at) => kernel.namespaces.isPinned(at)),
  calls("remove", [pin], ({ kernel }, at) => kernel.files.remove(at)),
  calls("cgroup create", [path], ({ kernel, cgroup, scratch }, at) => {
    return kernel.cgroups.create(at.replace(scratch, cgroup));
  }),
  calls("cgroup remove", [path], ({ kernel, cgroup, scratch }, at) => {
    return kernel.cgroups.remove(at.replace(scratch, cgroup));
  }),
);

linuxTest("linux and sim answer random programs alike", async () => {
  const programs = fc.array(call, { maxLength: CALLS_MAX });
  const property = fc.asyncProperty(programs, async (program) => {
    const [real, sim] = await Promise.all([
      answers(program, runOnLinux),
      answers(program, runOnSeed),
    ]);
    assertEquals(sim, real);
  });
  await fc.assert(property, { seed: SEED, numRuns: PROGRAMS });
});

/** What each call came to, with what differs by machine taken out. */
async function answers(program: readonly Call[], run: RunPromise): Promise<readonly string[]> {
  const lines: string[] = [];
  await run(async (fixture) => {
    for (const it of program) {
      const answer = await it.run(fixture).then(
        (value) => JSON.stringify(value) ?? "done",
        (error: unknown) => {
          if (error instanceof KernelError) return error.errno;
          throw error;
        },
      );
      lines.push(`${it}: ${answer.replaceAll(fixture.scratch, "")}`);
    }
  });
  return lines;
}

/** Calls of one verb; the first argument becomes a path below the scratch directory. */
function calls<const A extends readonly fc.Arbitrary<string>[]>(
  verb: string,
  args: A,
  run: (fixture: ContractFixture, ...args: { [K in keyof A]: string }) => Promise<unknown>,
): fc.Arbitrary<Call> {
  return fc.tuple(...args).map((drawn): Call => ({
    run(fixture) {
      const [at, ...rest] = drawn;
      const absolute = [`${fixture.scratch}/${at}`, ...rest] as { [K in keyof A]: string };
      return run(fixture, ...absolute);
    },
    toString: () => `${verb} ${drawn.join(" ")}`,
  }));
}

/** Programs tell their failures in words of their own, so this asks first. */
async function makeFifo(fixture: ContractFixture, at: string): Promise<void> {
  const { files } = fixture.kernel;
  const parent = await files.stat(at.slice(0, at.lastIndexOf("/")));
  if (parent?.kind !== "directory" || await files.stat(at) !== undefined) return;
  await fixture.makeFifo(at);
}

function paths(...names: readonly string[]): fc.Arbitrary<string> {
  const name = fc.constantFrom(...names);
  return fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
}
