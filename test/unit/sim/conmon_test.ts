import { assert, assertEquals, assertMatch } from "@std/assert";
import { SIGTERM } from "../../../src/kernel/processes.ts";
import {
  background,
  conmonExec,
  createTask,
  EXITS,
  finishTask,
  forSeeds,
  makeBundle,
  onMachine,
  runc,
  runProgram,
  spawnConmon,
  startTask,
  text,
} from "./fixture.ts";

Deno.test("conmon logs both streams in CRI's format, and tells the exit code", () => {
  forSeeds(50, (seed) => {
    onMachine(async (kernel) => {
      const args = ["sh", "-c", "echo one; echo two >&2; printf three; exit 4"];
      const { conmon } = await startTask(kernel, "a", { args });
      const { code, log } = await finishTask(kernel, "a", conmon);
      assertEquals(code, "4");
      const lines = log.join("\n");
      assertMatch(lines, /^stdout F one$/m);
      assertMatch(lines, /^stderr F two$/m);
      assertMatch(lines, /^stdout P three$/m);
      assertEquals(await conmon.exited(background), { kind: "exited", code: 4 });
    }, { seed });
  });
});

Deno.test("conmon splits a long line at its buffer", () => {
  onMachine(async (kernel) => {
    const { conmon } = await startTask(kernel, "a", { args: ["echo", "x".repeat(10_000)] });
    const { log } = await finishTask(kernel, "a", conmon);
    assertEquals(log.map((line) => [line.slice(0, 8), line.length - 9]), [
      ["stdout P", 8_192],
      ["stdout F", 1_808],
    ]);
  });
});

Deno.test("conmon reports what runc said when the create fails, and writes no exit file", () => {
  onMachine(async (kernel) => {
    const { conmon, reply } = await createTask(kernel, "a", { args: ["nosuch"] });
    assertEquals(reply.data, -1);
    assertMatch(reply.message ?? "", /runc create failed: .*executable file not found in \$PATH/);
    assertEquals(await conmon.exited(background), { kind: "exited", code: 1 });
    assertEquals(await kernel.files.list(EXITS), []);
  });
});

Deno.test("conmon refuses unknown options and a log that cannot be opened", () => {
  onMachine(async (kernel) => {
    const unknown = await runProgram(kernel, "conmon", "--bogus");
    assertMatch(unknown.stderr, /option parsing failed: Unknown option --bogus/);
    const args = ["-c", "a", "-u", "a", "-r", "/usr/sbin/runc", "-l", "k8s-file:/nowhere/log"];
    assertMatch((await runProgram(kernel, "conmon", ...args)).stderr, /Failed to open log file/);
  });
});

Deno.test("conmon waits for its start pipe, and takes its end for a start", () => {
  onMachine(async (kernel, simulation) => {
    const bundle = await makeBundle(kernel, "a", { args: ["true"] });
    const conmon = await spawnConmon(kernel, "a", bundle);
    await simulation.idle();
    assertEquals(await kernel.files.stat(`${bundle}/ctl`), undefined);
    conmon[Symbol.dispose]();
    await simulation.idle();
    assertEquals((await kernel.files.stat(`${bundle}/ctl`))?.kind, "fifo");
    await runc(kernel, "delete", "--force", "a");
  });
});

Deno.test("conmon does not wait for a descendant that holds the output", () => {
  onMachine(async (kernel) => {
    const options = { args: ["fork-holder", "60000", "7"], hasHostPid: true };
    const { conmon } = await startTask(kernel, "a", options);
    const before = kernel.clock.monotonicMs();
    assertEquals((await finishTask(kernel, "a", conmon)).code, "7");
    assert(kernel.clock.monotonicMs() - before < 1_000);
  });
});

Deno.test("conmon --exec ends with its command, which alone holds the output passed through", () => {
  onMachine(async (kernel) => {
    await startTask(kernel, "a", { args: ["sleep", "1000"] });
    const before = kernel.clock.monotonicMs();
    const conmon = await conmonExec(
      kernel,
      "a",
      "sh",
      "-c",
      "echo out; fork-holder 60000 0; exit 5",
    );
    assertEquals(await conmon.exited(background), { kind: "exited", code: 5 });
    assert(kernel.clock.monotonicMs() - before < 1_000);
    assertMatch(await conmon.readPipeLine(3, background), /^\{"data": [1-9]\d*\}\n$/);
    assertEquals(await conmon.readPipeLine(3, background), '{"data": 5}\n');
    assertEquals(text(conmon.output().stdout), "out\n");
    await conmon.outputEnded(background);
    assertEquals(text(conmon.output().stdout), "out\nlate\n");
    assert(kernel.clock.monotonicMs() - before >= 60_000);
    assertEquals(await kernel.files.list("/run/test/a"), [
      ...["attach", "config.json", "ctl", "exec.json", "exec.pid", "pid", "rootfs", "winsz"],
    ]);
  });
});

Deno.test("conmon --exec leaves it to the runtime to say why nothing was executed", () => {
  onMachine(async (kernel) => {
    await startTask(kernel, "a", { args: ["sleep", "1000"] });
    const conmon = await conmonExec(kernel, "a", "nosuch");
    assertEquals(await conmon.exited(background), { kind: "exited", code: 1 });
    assertEquals(await conmon.readPipeLine(3, background), "");
    assertMatch(text(conmon.output().stderr), /exec failed: .*executable file not found in \$PATH/);
  });
});

Deno.test("conmon reopens its log when the ctl fifo says so", () => {
  onMachine(async (kernel, simulation) => {
    const args = ["sh", "-c", "echo before; sleep 10; echo after"];
    const { conmon } = await startTask(kernel, "a", { args });
    await simulation.idle();
    await kernel.files.rename("/var/log/pods/a", "/var/log/pods/a.1");
    await kernel.files.writeFifo("/run/test/a/ctl", "2 0 0\n");
    assertEquals((await finishTask(kernel, "a", conmon)).log, ["stdout F after"]);
    assertMatch(
      text(await kernel.files.readFile("/var/log/pods/a.1", 1_000)),
      /stdout F before\n$/,
    );
  });
});

Deno.test("conmon passes SIGTERM on to the container", () => {
  onMachine(async (kernel) => {
    const { conmon } = await startTask(kernel, "a", { args: ["on-term", "9"] });
    await runc(kernel, "exec", "a", "true");
    await conmon.signal(SIGTERM);
    assertEquals((await finishTask(kernel, "a", conmon)).code, "9");
  });
});

Deno.test("conmon and its container outlive the daemon, and the next one finds them", () => {
  forSeeds(20, (seed) => {
    onMachine(async (kernel, simulation) => {
      await startTask(kernel, "a", { args: ["sh", "-c", "sleep 5; echo late; exit 6"] });
      await simulation.spawn("client", async () => {
        const first = simulation.bootDaemon(() => {}, "other life");
        first.crash();
        await simulation.sleep(10_000);
      }).promise;
      assertEquals(text(await kernel.files.readFile(`${EXITS}/a`, 10)), "6");
      assertMatch(text(await kernel.files.readFile("/var/log/pods/a", 1_000)), /stdout F late/);
    }, { seed });
  });
});
