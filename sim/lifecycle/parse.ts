import { UPDATES } from "./configs.ts";
import { FAULT_NAMES } from "./faults.ts";
import { INCIDENT_KINDS } from "./incident.ts";
import { PACES } from "./pace.ts";
import { HOOK_NAMES, PLUGIN_DEEDS } from "./plugin.ts";
import type { LifecycleProgram, Request } from "./request.ts";

/** Says whether a value is as it should be. */
type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isSlot: Check = (value) => value === 0 || value === 1 || value === 2;
const isPlace = object({ sandbox: isSlot, container: isSlot });
const isTalk = object({ lines: isCount, pauseMs: isCount });

const REQUESTS: Readonly<Record<Request["kind"], Shape>> = {
  RunPodSandbox: { sandbox: isSlot, hasNetwork: isFlag, sharesPids: isFlag },
  StopPodSandbox: { sandbox: isSlot },
  RemovePodSandbox: { sandbox: isSlot },
  CreateContainer: { place: isPlace, command: list(isText), sharesPids: isFlag },
  StartContainer: { place: isPlace },
  StopContainer: { place: isPlace, gracePeriodMs: isCount },
  RemoveContainer: { place: isPlace },
  ExecSync: { place: isPlace, command: list(isText), timeoutMs: isCount },
  Exec: { place: isPlace, command: list(isText), tty: isFlag, talk: isTalk },
  Attach: { place: isPlace, talk: isTalk },
  UpdateContainerResources: { place: isPlace, update: oneOf(Object.keys(UPDATES)) },
  ReopenContainerLog: { place: isPlace },
  ContainerStats: { place: isPlace },
  PodSandboxStats: { sandbox: isSlot },
  ListContainerStats: {},
  ListPodSandboxStats: {},
  PortForward: { sandbox: isSlot, port: isCount, pieces: isCount, lingersMs: isCount },
  PullImage: {},
  RemoveImage: {},
};

const isCalls = list(object({
  request: isRequest,
  patienceSteps: optional(isCount),
  patienceOf: optional(oneOf(PACES)),
  deadlineMs: optional(isCount),
  triesMax: optional(isCount),
  key: optional(isText),
}));

const isProgram = object({
  setup: optional(isCalls),
  exits: optional(list(isPlace)),
  clients: list(isCalls),
  incidents: list(object({
    kind: oneOf(INCIDENT_KINDS),
    afterSteps: isCount,
    pace: optional(oneOf(PACES)),
    awayMs: optional(isCount),
    choice: (value) => Number.isSafeInteger(value),
  })),
  faults: list(object({ name: oneOf(FAULT_NAMES), per10k: isCount, nth: optional(isCount) })),
  spell: optional(object({ fromStep: isCount, toStep: isCount })),
  prepare: oneOf(["eager", "lazy"]),
  pidMax: isCount,
  hasIdleSubscriber: isFlag,
  hasStrictPlugins: optional(isFlag),
  plugins: optional(list(list(object({
    hook: oneOf(HOOK_NAMES),
    nth: isCount,
    does: oneOf(PLUGIN_DEEDS),
    ms: isCount,
  })))),
  consoles: optional(oneOf(["pipes", "terminals"])),
  hasInstantSteps: optional(isFlag),
});

/**
 * Reads a program that comes from outside.
 *
 * @throws {TypeError} when it is none.
 */
export function parseProgram(data: unknown): LifecycleProgram {
  if (!isProgram(data)) throw new TypeError("Cannot read program: it is no lifecycle program");
  return data as LifecycleProgram;
}

function isRequest(value: unknown): boolean {
  const kind = (value as { readonly kind?: unknown } | null)?.kind;
  if (typeof kind !== "string" || !Object.hasOwn(REQUESTS, kind)) return false;
  return object({ kind: isText, ...REQUESTS[kind as Request["kind"]] })(value);
}

/** Every entry of the shape is there, and nothing else. */
function object(shape: Shape): Check {
  return (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.keys(value).every((key) => Object.hasOwn(shape, key)) &&
    Object.entries(shape).every(([key, check]) => check((value as Record<string, unknown>)[key]));
}

function oneOf(values: readonly string[]): Check {
  return (value) => typeof value === "string" && values.includes(value);
}

function list(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}
