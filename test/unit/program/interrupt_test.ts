import { assertEquals } from "@std/assert";

const MODULE = new URL("../../../src/program/interrupt.ts", import.meta.url).href;

/** Runs a program that has an {@linkcode Interrupt}: here Ctrl-C would end the tests. */
async function runProgram(
  body: string,
): Promise<{ readonly stdout: string; readonly signal: string | null }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", `import { Interrupt } from "${MODULE}";\n${body}`],
    stdout: "piped",
    stderr: "inherit",
  });
  const { stdout, signal } = await command.output();
  return { stdout: new TextDecoder().decode(stdout), signal };
}

Deno.test("Interrupt takes the first Ctrl-C; the second one ends the program", async () => {
  const { stdout, signal } = await runProgram(`
    const { promise, resolve } = Promise.withResolvers<void>();
    using interrupt = new Interrupt(resolve);
    console.log(interrupt.hasCome);
    Deno.kill(Deno.pid, "SIGINT");
    await promise;
    console.log(interrupt.hasCome);
    Deno.kill(Deno.pid, "SIGINT");
    await new Promise(() => setInterval(() => {}, 1_000));
  `);
  assertEquals(stdout, "false\ntrue\n");
  assertEquals(signal, "SIGINT");
});

Deno.test("Interrupt leaves Ctrl-C alone when it is disposed", async () => {
  const { stdout, signal } = await runProgram(`
    new Interrupt(() => console.log("came"))[Symbol.dispose]();
    Deno.kill(Deno.pid, "SIGINT");
    await new Promise(() => setInterval(() => {}, 1_000));
  `);
  assertEquals(stdout, "");
  assertEquals(signal, "SIGINT");
});
