/** Which sandbox of the few that a program plays with. */
export type Slot = 0 | 1;

/** Which container: the last one that was created in its slot of the sandbox in its slot. */
export interface Place {
  readonly sandbox: Slot;
  readonly container: Slot;
}

/** One step of a program: an RPC, a restart of the daemon, or SIGKILL to a process from outside. */
export type Step =
  | {
    readonly kind: "RunPodSandbox";
    readonly sandbox: Slot;
    readonly hasNetwork: boolean;
    readonly sharesPids: boolean;
  }
  | { readonly kind: "StopPodSandbox" | "RemovePodSandbox"; readonly sandbox: Slot }
  | { readonly kind: "CreateContainer"; readonly place: Place; readonly workload: string }
  | { readonly kind: "StopContainer"; readonly place: Place; readonly hasGrace: boolean }
  | { readonly kind: "ExecSync"; readonly place: Place; readonly command: string }
  | {
    readonly kind: "Exec";
    readonly place: Place;
    readonly command: string;
    readonly tty: boolean;
  }
  | {
    readonly kind: "UpdateContainerResources";
    readonly place: Place;
    /** Which of `UPDATES`. */
    readonly update: string;
  }
  | {
    readonly kind: "StartContainer" | "RemoveContainer" | "ContainerStatus" | "ReopenContainerLog";
    readonly place: Place;
  }
  | { readonly kind: "Kill"; readonly place: Place; readonly victim: Victim }
  | { readonly kind: "Restart" };

/** Who is killed from outside: a process, or the whole task, which the OCI runtime is told to delete. */
export type Victim = "init" | "conmon" | "task";

/** Steps, one after another, of one client. */
export interface Program {
  readonly prepare: "eager" | "lazy";
  readonly steps: readonly Step[];
}

/** A step as a line of a report. */
export function stepText(step: Step): string {
  switch (step.kind) {
    case "RunPodSandbox": {
      const network = step.hasNetwork ? "CNI" : "host network";
      return `RunPodSandbox s${step.sandbox} ${network}${step.sharesPids ? ", shared PIDs" : ""}`;
    }
    case "StopPodSandbox":
    case "RemovePodSandbox":
      return `${step.kind} s${step.sandbox}`;
    case "Restart":
      return "Restart";
    default:
      return `${step.kind} s${step.place.sandbox}c${step.place.container}${detailOf(step)}`;
  }
}

function detailOf(step: Extract<Step, { readonly place: Place }>): string {
  switch (step.kind) {
    case "CreateContainer":
      return ` that ${step.workload}`;
    case "StopContainer":
      return step.hasGrace ? " with patience" : " at once";
    case "ExecSync":
      return ` ${step.command}`;
    case "Exec":
      return ` ${step.command}${step.tty ? " in a terminal" : ""}`;
    case "UpdateContainerResources":
      return ` ${step.update}`;
    case "Kill":
      return ` ${step.victim}`;
    default:
      return "";
  }
}
