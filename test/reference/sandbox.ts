import type { NetworkResult } from "../../src/network/network.ts";
import type { SandboxRecord } from "../../src/sandbox/record.ts";
import type { SandboxView } from "../../sim/lifecycle/operations.ts";
import { StopChannel } from "./goroutine.ts";

export type SandboxState = "READY" | "NOTREADY" | "UNKNOWN";

/** What is durable of a sandbox. Its state is not: it lives in memory, twice. */
interface StoredSandbox {
  readonly record: SandboxRecord;
  readonly netnsPath: string;
  readonly network: NetworkResult | undefined;
}

/** A sandbox in the service's store, with the service's copy of its state (store/sandbox/sandbox.go). */
export class Sandbox implements SandboxView {
  /** In the controller's copy the state changes first; this one follows (W4b). */
  state: SandboxState = "UNKNOWN";
  /** Empty on the host's network, and before there is one. */
  netnsPath = "";
  network: NetworkResult | undefined;
  readonly stopped = new StopChannel();

  constructor(readonly record: SandboxRecord) {}

  get id(): string {
    return this.record.id;
  }

  /** What goes into the metadata database. */
  stored(): StoredSandbox {
    return { record: this.record, netnsPath: this.netnsPath, network: this.network };
  }

  static of({ record, netnsPath, network }: StoredSandbox): Sandbox {
    const sandbox = new Sandbox(record);
    sandbox.netnsPath = netnsPath;
    sandbox.network = network;
    return sandbox;
  }
}

/** @throws {SyntaxError} for a damaged record. */
export function parseSandbox(text: string): Sandbox {
  return Sandbox.of(JSON.parse(text) as StoredSandbox);
}
