import { made, type Mutant } from "../mutant.ts";

const FORWARD = "src/sandbox/port_forward.ts";
const SANDBOXES = "src/recovery/sandboxes.ts";

/** Ports of pods that are reached while client, pod or daemon go (D1 to D6). */
export const PORT_FORWARD_MUTANTS: readonly Mutant[] = [
  {
    name: "forward-holds-up-a-stop",
    source: made("lose a context"),
    wrong: "A stop of a pod waits until the clients of its ports have left.",
    invariant: "I27",
    scenario: "D1",
    edits: [{ file: FORWARD, from: "pass.context.child()", to: "context.child()" }],
  },
  {
    name: "forward-outlives-its-client",
    source: made("forget an undo"),
    wrong: "What connects a port stays when its client leaves, as long as the port says nothing.",
    invariant: "I27",
    scenario: "D2",
    edits: [{ file: FORWARD, from: "    await killed(kernel, child);\n", to: "" }],
  },
  {
    name: "forward-is-not-awaited-by-a-stop",
    source: made("forget to wait"),
    wrong: "A stop of a pod does not wait for who is about to reach a port of it.",
    invariant: "I27",
    scenario: "D3",
    edits: [{
      file: FORWARD,
      from: "  using pass = sandbox.gate.enter(context);\n",
      to: `  const pass = sandbox.gate.enter(context);
  pass[Symbol.dispose]();
`,
    }],
  },
  {
    name: "forward-outlives-its-daemon",
    source: made("drop a step"),
    wrong: "What has connected a port for an earlier life keeps the network of its pod.",
    invariant: "I27",
    scenario: "D4",
    edits: [{
      file: SANDBOXES,
      from: "  await endForwards(runtime, sandbox.id, known.processes);\n",
      to: "",
    }],
  },
  {
    name: "forward-outlives-its-record",
    source: made("drop a step"),
    wrong: "What has connected a port of a pod without a record keeps the network of that.",
    invariant: "I12",
    scenario: "D4c",
    edits: [{
      file: "src/recovery/orphans.ts",
      from: "  await endForwards(runtime, id, await kernel.processes.list());\n",
      to: "",
    }],
  },
  {
    name: "forward-is-known-by-its-program-alone",
    source: made("drop a guard"),
    wrong: "A restart ends what is connected to a port, and not what is about to be.",
    invariant: "I27",
    scenario: "D4b",
    edits: [{
      file: "src/sandbox/socat.ts",
      from: "return args.includes(nameOf(config, sandboxId));",
      to: "return args[0] === config.socat && args.includes(nameOf(config, sandboxId));",
    }],
  },
  {
    name: "forward-takes-before-anybody-answers",
    source: made("swap two steps"),
    wrong: "What a client says first is lost with the loopback where nobody listens.",
    invariant: "I27",
    scenario: "D5",
    edits: [{
      file: FORWARD,
      from: "    const refusal = await refusalOf(child, context);\n",
      to: `    const first = await connection.fromClient.read(context);
    if (first !== undefined) await streamsOf(child).stdin.write(first, context).catch(() => {});
    const refusal = await refusalOf(child, context);
`,
    }],
  },
  {
    name: "forward-waits-for-a-client-alone",
    source: made("forget to wait"),
    wrong: "A connection whose port has let go lasts until its client says something.",
    invariant: "I27",
    scenario: "D6",
    edits: [{ file: FORWARD, from: "    (race) => child.exited(race),\n", to: "" }],
  },
  {
    name: "forward-says-nothing-of-a-refusal",
    source: made("ignore an errno"),
    wrong: "Who reaches a port where nobody listens is answered as if somebody had.",
    invariant: "I27",
    isFoundByNothingElse: true,
    edits: [{
      file: FORWARD,
      from: "    refusals.push(`${loopback}: ${refusal}`);\n  }\n",
      to:
        "    refusals.push(`${loopback}: ${refusal}`);\n  }\n  if (refusals.length > 1) return;\n",
    }],
  },
];
