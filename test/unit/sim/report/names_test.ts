import { assertEquals } from "@std/assert";
import type { HistoryEntry } from "../../../../sim/history.ts";
import { Names } from "../../../../sim/report/names.ts";
import { distinct, taskName } from "../../../../sim/report/task_names.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);
const C = "c".repeat(64);

function entry(task: string, text: string, more: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    number: 1,
    elapsedMicros: 1,
    task,
    taskId: 1,
    taskKey: task,
    key: `${task}#1`,
    provenance: undefined,
    actor: "daemon",
    containerId: undefined,
    part: "call",
    verb: "files.mkdir",
    arguments: text,
    outcome: "",
    hasFailed: false,
    cause: 0,
    text: "",
    ...more,
  };
}

Deno.test("Names calls an object what the call that makes it calls it, the next one there .2", () => {
  const names = new Names([
    entry("RunPodSandbox s0 cni", `/run/slipway/sandboxes/${A}`),
    entry("CreateContainer s0c1 [sleep 1]", `/run/slipway/tasks/${B}/rootfs`),
    entry("CreateContainer s0c1 [exit 0]", `/run/slipway/tasks/${C}/rootfs`),
  ]);
  assertEquals(names.replace(`${A} ${B} ${C}`), "s0 s0c1 s0c1.2");
});

Deno.test("Names tells sandboxes, containers and others apart, and counts each kind", () => {
  const names = new Names([
    entry("daemon", `[{"kind":"put","record":{"table":"sandbox","id":"${A}","value":""}}]`),
    entry("daemon", `conmon --cid ${B}`),
    entry("daemon", `something ${C}`),
  ]);
  assertEquals(names.replace(`${A} ${B} ${C}`), "s1 c1 id1");
});

Deno.test("Names knows an id by its beginning, cuts digests, and leaves other words alone", () => {
  const names = new Names([entry("daemon", `/run/slipway/tasks/${B}`)]);
  assertEquals(
    names.replace(`container ${B.slice(0, 12)}…: ${B.slice(0, 40)}`),
    "container c1: c1",
  );
  assertEquals(names.replace(`sha256:${C}`), "sha256:cccccccc…");
  assertEquals(names.replace(`unknown ${C}, deadbeef`), "unknown cccccccc…, deadbeef");
});

Deno.test("taskName() has program and object for a long command, and what it became", () => {
  const program = { actor: "program" } as const;
  const history = [
    entry(`/usr/sbin/runc --root /run/x create --bundle /run/slipway/tasks/${B} ${B}`, "", program),
    entry(`conmon --sync --cid ${B} --exec`, `/run/slipway/tasks/${B}`, program),
    entry("runc init", "", { ...program, containerId: B }),
    entry("sleep 1000", "", { ...program, containerId: B }),
    entry("/usr/lib/cni/bridge", `/run/slipway/sandboxes/${A}/net`, program),
  ];
  const names = new Names(history);
  const [create, exec, init, sleep, bridge] = history as Required<typeof history>;
  assertEquals(taskName([create as HistoryEntry], names), "runc create c1");
  assertEquals(taskName([exec as HistoryEntry], names), "conmon exec c1");
  assertEquals(
    taskName([init as HistoryEntry, sleep as HistoryEntry], names),
    "runc init c1 → sleep 1000",
  );
  assertEquals(taskName([bridge as HistoryEntry], names), "CNI bridge s1");
});

Deno.test("distinct() numbers names that come again", () => {
  assertEquals(distinct(["daemon", "a", "daemon"]), ["daemon", "a", "daemon #2"]);
});
