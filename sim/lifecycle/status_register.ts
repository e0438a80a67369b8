import type { ContainerState } from "../../src/container/state.ts";
import type { SequentialModel } from "../linearizability.ts";

/** A container as a register: what clients do to its state, and what they read. */
export type RegisterInput =
  | "start"
  | "stop"
  /** Of its pod: nothing of it runs any more, and what is UNKNOWN is so until that is written down. */
  | "stop pod"
  | "remove"
  | "read"
  /** The daemon, or the machine, went down: what ran may have ended, and a start may be taken back. */
  | "crash";

/** What it holds; `absent` once it was removed. */
export type RegisterState = ContainerState | "absent";

/** A state that was read, or that something else was answered OK. */
export type RegisterOutput = RegisterState | "ok";

/** What a state can turn into by itself: programs end, and what is lost is found to have ended. */
const BY_ITSELF: Readonly<Record<RegisterState, readonly RegisterState[]>> = {
  CREATED: ["CREATED"],
  RUNNING: ["RUNNING", "UNKNOWN", "EXITED"],
  UNKNOWN: ["UNKNOWN", "EXITED"],
  EXITED: ["EXITED"],
  absent: ["absent"],
};

/**
 * The status of one container, from its creation on. A stop and a removal may be repeated; an operation
 * whose answer was an error may have been done, then or later, or in part.
 */
export const STATUS_REGISTER: SequentialModel<RegisterState, RegisterInput, RegisterOutput> = {
  initial: "CREATED",
  next(state, input, output) {
    const found = BY_ITSELF[state];
    const after = new Set(
      output === undefined
        ? found.flatMap((it) => partly(it, input))
        : found.flatMap((it) => wholly(it, input, output)),
    );
    return [...after];
  },
  key: (state) => state,
};

/** What an operation that was answered leaves behind; nothing where the answer is impossible. */
function wholly(
  state: RegisterState,
  input: RegisterInput,
  output: RegisterOutput,
): readonly RegisterState[] {
  switch (input) {
    case "read":
      return state === output ? [state] : [];
    case "start":
      return state === "CREATED" ? ["RUNNING"] : [];
    case "stop":
      return [state === "RUNNING" || state === "UNKNOWN" ? "EXITED" : state];
    case "stop pod":
      return state === "UNKNOWN" ? ["UNKNOWN", "EXITED"] : wholly(state, "stop", output);
    case "remove":
      return ["absent"];
    case "crash":
      return partly(state, input);
  }
}

/** What an operation that nobody knows of, or that failed half-way, can leave behind. */
function partly(state: RegisterState, input: RegisterInput): readonly RegisterState[] {
  if (state === "absent" || state === "EXITED") {
    return input === "remove" ? [state, "absent"] : [state];
  }
  switch (input) {
    case "read":
      return [state];
    case "start":
      return state === "CREATED" ? [state, "RUNNING", "UNKNOWN", "EXITED"] : [state];
    case "stop":
    case "stop pod":
      return state === "CREATED" ? [state] : [state, "EXITED"];
    case "remove":
      return [state, "EXITED", "absent"];
    case "crash":
      return [state, "UNKNOWN", "EXITED"];
  }
}
