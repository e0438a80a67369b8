import type { Context } from "../kernel/context.ts";
import type { SandboxConfig } from "../sandbox/config.ts";

/** Which pod's network is meant: everything that CNI needs to add it, and to take it away again. */
export interface NetworkAttachment {
  readonly sandboxId: string;
  /** The pinned network namespace; empty for a removal after the namespace is gone. */
  readonly netnsPath: string;
  readonly config: SandboxConfig;
}

/** What an attachment gave, and what its removal needs. Plain JSON, kept in the sandbox's record. */
export interface NetworkResult {
  /** Addresses without prefix length, the pod's primary one first. */
  readonly ips: readonly string[];
  /** The network configuration list it was made with, as JSON text: a removal uses the same. */
  readonly networkList: string;
  /** The last plugin's result as JSON text (CNI spec 1.0, ADD success), prevResult of the removal. */
  readonly result: string;
}

/** Pod networks. The CNI driver is the one implementation. */
export interface Network {
  /** Whether a network configuration is there and can be read; else why not (NetworkReady). */
  readiness(): Promise<{ readonly isReady: boolean; readonly message: string }>;

  /**
   * The configuration list that `attach` would use now, so that the caller can record it first.
   *
   * @throws {RuntimeError} UNAVAILABLE when there is none or it cannot be read.
   */
  configuration(): Promise<string>;

  /**
   * Connects a pinned namespace: loopback up, then every plugin in order. On failure what was done may
   * remain: call `detach`.
   */
  attach(
    attachment: NetworkAttachment,
    networkList: string,
    context: Context,
  ): Promise<NetworkResult>;

  /**
   * Disconnects: every plugin in reverse order. Idempotent, also after a failed or half-done attach
   * (then without a result).
   *
   * @throws {KernelError} with what the plugin printed.
   */
  detach(
    attachment: NetworkAttachment,
    networkList: string,
    result: string | undefined,
    context: Context,
  ): Promise<void>;
}
