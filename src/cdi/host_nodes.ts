import { RuntimeError } from "../errors.ts";
import type { Files } from "../kernel/files.ts";
import type { DeviceNode } from "./container_edits.ts";
import { shown } from "./spec_error.ts";

/** A device node with all that the host knows of it; whom it belongs to may be left to the container. */
export interface EditDevice extends Omit<DeviceNode, "hostPath"> {
  readonly type: "b" | "c" | "p";
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
}

/**
 * Fills in what a spec file leaves to the host's node: which device it is, and its mode. One whose type and major
 * number are given need not be on the host, and then its mode is runc's own (runc, specconv, createDevices). A major
 * number of 0 counts as left out, and a symlink is no node (container-device-interface,
 * pkg/cdi/container-edits_unix.go).
 *
 * @throws {RuntimeError} FAILED_PRECONDITION when the host has no such node, or one of another type.
 */
export async function withHostNode(files: Files, node: DeviceNode): Promise<EditDevice> {
  const host = await hostNode(files, node.hostPath);
  const { path, uid, gid, permissions } = node;
  const fileMode = node.fileMode ?? host?.fileMode ?? MODE_OF_RUNC;
  return { path, ...deviceOf(node, host), fileMode, uid, gid, permissions };
}

const MODE_OF_RUNC = 0o666;

type Device = Pick<EditDevice, "type" | "major" | "minor">;
type HostNode = Device & Pick<EditDevice, "fileMode">;

async function hostNode(files: Files, path: string): Promise<HostNode | undefined> {
  const stat = await files.stat(path);
  if (stat?.kind === "fifo") return { type: "p", major: 0, minor: 0, fileMode: stat.mode };
  return stat?.node === undefined ? undefined : { ...stat.node, fileMode: stat.mode };
}

function deviceOf(node: DeviceNode, host: HostNode | undefined): Device {
  const { type, major = 0, minor = 0 } = node;
  if (type === "p" || (type !== undefined && major !== 0)) return { type, major, minor };
  if (host === undefined) throw unusable(node, "there is no device");
  if (type !== undefined && type !== host.type) {
    throw unusable(node, `there is a device of type ${host.type} instead of ${type}`);
  }
  return major === 0
    ? { type: host.type, major: host.major, minor: host.minor }
    : { type: host.type, major, minor };
}

function unusable({ path, hostPath }: DeviceNode, why: string): RuntimeError {
  return new RuntimeError(
    "FAILED_PRECONDITION",
    `Cannot create container: CDI device node ${shown(path)}: at ${shown(hostPath)} ${why}`,
  );
}
