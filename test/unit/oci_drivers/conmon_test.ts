import { assert, assertEquals, assertFalse } from "@std/assert";

import {
  conmonCommand,
  conmonExecCommand,
  type ConmonOptions,
  isExec,
  outputOf,
  parseConmonAnswer,
  parseExitCode,
  resizeRequest,
} from "../../../src/oci/conmon.ts";

const options: ConmonOptions = {
  program: "/usr/bin/conmon",
  id: "c1",
  bundle: "/run/test/tasks/c1",
  pidFile: "/run/test/tasks/c1/pid",
  exitDirectory: "/run/test/exits",
  logPath: "/logs/0.log",
  runtime: { program: "runc", root: "/run/test/runtime" },
  terminal: false,
  stdin: false,
  keepsStdin: false,
};

/** What a task and a command have in common, but for the file of the pid. */
function commonArgs(pidFile: string): readonly string[] {
  return [
    "--sync",
    ...["--api-version", "1"],
    ...["--cid", "c1"],
    ...["--cuuid", "c1"],
    ...["--runtime", "runc"],
    ...["--runtime-arg", "--root", "--runtime-arg", "/run/test/runtime"],
    ...["--container-pidfile", pidFile],
    ...["--log-level", "error"],
  ];
}

function failed(message: string) {
  return { kind: "failed", message } as const;
}

Deno.test("conmonCommand() names the container, its runtime, and where everything goes", () => {
  assertEquals(conmonCommand(options), {
    program: "/usr/bin/conmon",
    args: [
      ...commonArgs("/run/test/tasks/c1/pid"),
      ...["--name", "c1"],
      ...["--bundle", "/run/test/tasks/c1"],
      ...["--exit-dir", "/run/test/exits"],
      ...["--log-path", "k8s-file:/logs/0.log"],
      "--no-sync-log",
      "--full-attach",
    ],
    cwd: "/run/test/tasks/c1",
    env: { _OCI_SYNCPIPE: "3", _OCI_STARTPIPE: "4" },
  });
});

Deno.test("conmonCommand() asks for a terminal and standard input where they are wanted", () => {
  const flags = { terminal: "--terminal", stdin: "--stdin", keepsStdin: "--leave-stdin-open" };
  const bare = conmonCommand(options).args;
  for (const [option, flag] of Object.entries(flags)) {
    assertFalse(bare.includes(flag));
    assertEquals(conmonCommand({ ...options, [option]: true }).args, [...bare, flag]);
  }
});

Deno.test("conmonCommand() names id and root as arguments of their own, for whoever reaps it", () => {
  const { args } = conmonCommand(options);
  assert(args.includes(options.id));
  assert(args.includes(options.runtime.root));
});

Deno.test("conmonExecCommand() hands over the process, passes output through and asks for no log", () => {
  const command = conmonExecCommand({
    program: "/usr/bin/conmon",
    id: "c1",
    bundle: "/run/test/tasks/c1",
    processFile: "/run/test/tasks/c1/exec-1.json",
    pidFile: "/run/test/tasks/c1/exec-1.pid",
    runtime: options.runtime,
    consoleFolder: undefined,
  });
  assertEquals(command, {
    program: "/usr/bin/conmon",
    args: [
      ...commonArgs("/run/test/tasks/c1/exec-1.pid"),
      "--exec",
      ...["--exec-process-spec", "/run/test/tasks/c1/exec-1.json"],
      ...["--log-path", "passthrough"],
    ],
    cwd: "/run/test/tasks/c1",
    env: { _OCI_SYNCPIPE: "3" },
  });
  assert(isExec(command.args));
  assertFalse(isExec(conmonCommand(options).args));
});

Deno.test("conmonExecCommand() of a terminal waits for a client, with files of its own", () => {
  const { args, env } = conmonExecCommand({
    program: "/usr/bin/conmon",
    id: "c1",
    bundle: "/run/test/tasks/c1",
    processFile: "/run/test/tasks/c1/exec-1.json",
    pidFile: "/run/test/tasks/c1/exec-1.pid",
    runtime: options.runtime,
    consoleFolder: "/run/test/tasks/c1/exec-1",
  });
  assertEquals(args, [
    ...commonArgs("/run/test/tasks/c1/exec-1.pid"),
    "--exec",
    ...["--exec-process-spec", "/run/test/tasks/c1/exec-1.json"],
    ...["--log-path", "none", "--terminal", "--exec-attach", "--full-attach"],
    // The container's own socket and fifos would be taken away otherwise.
    ...["--bundle", "/run/test/tasks/c1/exec-1"],
  ]);
  assertEquals(env, { _OCI_SYNCPIPE: "3", _OCI_STARTPIPE: "4", _OCI_ATTACHPIPE: "5" });
  assert(isExec(args));
});

Deno.test("outputOf() tells by its first byte what a packet is of", () => {
  const streams = [0, 1, 2, 3, 4].map((mark) => outputOf(Uint8Array.of(mark, 65)));
  assertEquals(streams, [undefined, undefined, "stdout", "stderr", undefined]);
  assertEquals(outputOf(new Uint8Array()), undefined);
});

Deno.test("resizeRequest() names rows first", () => {
  assertEquals(resizeRequest({ columns: 80, rows: 24 }), "1 24 80\n");
});

Deno.test("parseExitCode() is the code that conmon tells, and none where it tells none", () => {
  assertEquals(parseExitCode('{"data": 0}\n'), 0);
  assertEquals(parseExitCode('{"data": 137}\n'), 137);
  for (const line of ["", '{"data": -1}\n', '{"data": 13', "0\n"]) {
    assertEquals(parseExitCode(line), undefined, line);
  }
});

Deno.test("parseConmonAnswer() is the pid of init", () => {
  assertEquals(parseConmonAnswer('{"data": 4711}\n'), { kind: "created", pid: 4711 });
  assertEquals(parseConmonAnswer('{"data":1,"message":""}'), { kind: "created", pid: 1 });
});

Deno.test("parseConmonAnswer() takes no number for a pid that is none", () => {
  for (const data of ["0", "-1", "1.5", '"1"', "null", "1e300"]) {
    assertEquals(
      parseConmonAnswer(`{"data": ${data}, "message": "no"}`),
      failed("no"),
      data,
    );
  }
});

Deno.test("parseConmonAnswer() says why there is no init, in the OCI runtime's last words", () => {
  const line = JSON.stringify({
    data: -1,
    message: 'time="2026-01-01T00:00:00Z" level=warning msg="first"\n' +
      'time="2026-01-01T00:00:00Z" level=error ' +
      'msg="unable to start: exec: \\"nope\\": executable file not found in $PATH"\n',
  });
  assertEquals(
    parseConmonAnswer(line),
    failed('unable to start: exec: "nope": executable file not found in $PATH'),
  );
});

Deno.test("parseConmonAnswer() gives a message that is no log line as it is", () => {
  assertEquals(
    parseConmonAnswer('{"data": -1, "message": " crun: no such file\\n"}'),
    failed("crun: no such file"),
  );
});

Deno.test("parseConmonAnswer() says so when there is no reason", () => {
  const silent = failed("the OCI runtime failed without a word");
  assertEquals(parseConmonAnswer('{"data": -1}'), silent);
  assertEquals(parseConmonAnswer('{"data": -1, "message": 7}'), silent);
  assertEquals(parseConmonAnswer("null"), silent);
  assertEquals(parseConmonAnswer("[]"), silent);
});

Deno.test("parseConmonAnswer() says so when conmon ended, or spoke no JSON", () => {
  assertEquals(parseConmonAnswer(""), failed("conmon ended without an answer"));
  assertEquals(parseConmonAnswer("oops\n"), failed('conmon answered "oops\\n"'));
  const long = parseConmonAnswer("x".repeat(1_000));
  assertEquals(long, failed(`conmon answered "${"x".repeat(200)}"`));
});
