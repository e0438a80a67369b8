import { assertEquals } from "@std/assert";
import { join } from "@std/path";

import { type HostFact, probeHost } from "../../../real/host.ts";

/** What is said of a conmon that answers so when it is asked for its version. */
function conmonFact(answer: string): Promise<Omit<HostFact, "name"> | undefined> {
  return factOf("conmon", `echo '${answer}'`);
}

/** What is said of a program that is a script of sh. */
async function factOf(
  name: "conmon" | "socat",
  script: string,
): Promise<Omit<HostFact, "name"> | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "slipway-test-" });
  await using undo = new AsyncDisposableStack();
  undo.defer(() => Deno.remove(folder, { recursive: true }));
  const program = join(folder, name);
  await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const found = (await probeHost({ [name]: program })).find((it) => it.name === program);
  if (found === undefined) return undefined;
  const { name: _, ...fact } = found;
  return fact;
}

Deno.test("probeHost() says that a conmon is too old to execute commands", async () => {
  for (const version of ["2.0.31", "2.0.9", "1.99.40"]) {
    assertEquals(await conmonFact(`conmon version ${version}`), {
      isPresent: false,
      isRequired: false,
      detail: `conmon version ${version}: no command can be executed in a container`,
      howToInstall: "conmon 2.0.32 or later",
    });
  }
});

Deno.test("probeHost() takes any other conmon as it is", async () => {
  for (
    const answer of [
      "conmon version 2.0.32",
      "conmon version 2.1.6",
      "conmon version 3.0.0-dev",
      "mine",
    ]
  ) {
    assertEquals(await conmonFact(answer), {
      isPresent: true,
      isRequired: true,
      detail: answer,
      howToInstall: "",
    });
  }
});

Deno.test("probeHost() finds the version of socat among all that it says", async () => {
  const answer = "socat by its author\nsocat version 1.7.4.4 on 06 Nov 2022\n   running on Linux";
  assertEquals(await factOf("socat", `[ "$1" = -V ] || exit 1\necho '${answer}'`), {
    isPresent: true,
    isRequired: false,
    detail: "socat version 1.7.4.4 on 06 Nov 2022",
    howToInstall: "",
  });
});
