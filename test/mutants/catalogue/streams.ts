import { made, type Mutant } from "../mutant.ts";

const BACKLOG = "src/container/backlog.ts";
const ATTACHMENT = "src/container/attachment.ts";
const CONMON = "src/oci/conmon.ts";
const STREAMED = "src/container/exec_streamed.ts";

const CONNECT = "    socket = await kernel.files.connect(`${exec.consoleFolder}/attach`);\n";
const BEGIN = '    await conmon.writePipe(START_PIPE, "\\n");\n';

/** Clients that speak with programs. */
export const STREAM_MUTANTS: readonly Mutant[] = [
  {
    name: "streamed-exec-enters-no-gate",
    source: made("drop a guard"),
    wrong:
      "A command with a client's streams is executed in a container whose pod is being stopped.",
    invariant: "I5",
    scenario: "Y7",
    edits: [{
      file: STREAMED,
      from: "using pass = sandbox.gate.enter(context);",
      to: "const pass = { context };",
    }],
  },
  {
    name: "streamed-exec-keeps-its-pipes",
    source: made("forget an undo"),
    wrong: "The streams of a command stay open after its end.",
    invariant: "I12",
    scenario: "Y1c",
    edits: [{
      file: STREAMED,
      from:
        "  using child = await exec.inBundle(() =>\n    kernel.processes.spawn(exec.command, {\n      ...{",
      to:
        "  const child = await exec.inBundle(() =>\n    kernel.processes.spawn(exec.command, {\n      ...{",
    }],
  },
  {
    name: "code-comes-before-the-output",
    source: made("forget to wait"),
    wrong: "A client is told how its command ended before it has all that this has printed.",
    invariant: "I26",
    scenario: "Y1",
    isFoundByNothingElse: true,
    edits: [{
      file: STREAMED,
      from: "(client) => passOutput({ kernel, command, client, drainMs }, stdout, streams.stdout),",
      to:
        "async (client) => void passOutput({ kernel, command, client, drainMs }, stdout, streams.stdout).catch(() => {}),",
    }],
  },
  {
    name: "output-ends-with-the-command",
    source: made("skip the second look"),
    wrong: "What a command has printed last is dropped when its end is seen first.",
    invariant: "I26",
    scenario: "Y1",
    edits: [{
      file: STREAMED,
      from: '  using soon = client.within(kernel.clock, drainMs, "output of exec");\n',
      to:
        '  if (command.cause !== undefined) return undefined;\n  using soon = client.within(kernel.clock, drainMs, "output of exec");\n',
    }],
  },
  {
    name: "output-is-waited-for-for-ever",
    source: made("drop a bound"),
    wrong: "A client hears of the end of its command when nobody holds its output any more.",
    invariant: "I13",
    scenario: "Y1b",
    edits: [{
      file: STREAMED,
      from: 'using soon = client.within(kernel.clock, drainMs, "output of exec");',
      to: "using soon = client.child();",
    }],
  },
  {
    name: "runtime-speaks-to-the-client",
    source: made("forget to wait"),
    wrong: "A client is given what the OCI runtime says as what its command has printed.",
    invariant: "I26",
    scenario: "Y2",
    edits: [{
      file: STREAMED,
      from: 'kind === "failed" ? words : streams.stderr',
      to: 'kind === "failed" ? streams.stderr : words',
    }],
  },
  {
    name: "terminal-speaks-to-nobody",
    source: made("swap two steps"),
    wrong: "A command with a terminal begins before anybody listens.",
    invariant: "I26",
    scenario: "Y3",
    edits: [{ file: STREAMED, from: `${CONNECT}${BEGIN}`, to: `${BEGIN}${CONNECT}` }],
  },
  {
    name: "terminal-takes-the-socket-of-its-container",
    source: made("drop a guard"),
    wrong:
      "A command with a terminal puts its socket and its fifos in the place of its container's.",
    invariant: "I11",
    scenario: "Y4",
    edits: [{
      file: CONMON,
      from: "consoleOf(options.consoleFolder)",
      to: "consoleOf(options.consoleFolder && options.bundle)",
    }],
  },
  {
    name: "attached-client-stops-a-container",
    source: made("drop a bound"),
    wrong: "A client that takes nothing keeps a container from going on, and from its log.",
    invariant: "I16",
    scenario: "Y5",
    edits: [{
      file: ATTACHMENT,
      from: "using patience = program === undefined",
      to: "using patience = true",
    }],
  },
  {
    name: "attached-client-keeps-an-exit-code",
    source: made("drop a step"),
    wrong:
      "A client that is slow keeps conmon from telling how a container has ended, until nobody waits.",
    invariant: "I9",
    scenario: "Y6",
    edits: [{ file: ATTACHMENT, from: ".then(() => backlog.lift())", to: "" }],
  },
  {
    name: "attached-client-hears-the-end-first",
    source: made("swap two steps"),
    wrong: "Who is attached and slow hears that a container has ended instead of its last words.",
    invariant: "I26",
    scenario: "Y8",
    edits: [{
      file: BACKLOG,
      from: "const item = this.#items.shift();",
      to: "if (this.#hasEnded) return; const item = this.#items.shift();",
    }],
  },
];
