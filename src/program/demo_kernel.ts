import { bold } from "@std/fmt/colors";

import type { HostFact } from "../../real/host.ts";
import { findBusybox } from "./busybox_image.ts";
import { missingOf } from "./doctor.ts";
import { failure } from "./exit_codes.ts";
import { installPackages, packagesFor } from "./install.ts";
import type { KernelName } from "./kernels.ts";

/** Which kernel a demo runs on. */
export interface ChosenKernel {
  readonly name: KernelName;
  /** Which, and why. */
  readonly description: string;
  /** How it could be the real one. */
  readonly advice: readonly string[];
}

/** What a choice depends on, besides the host. */
export interface ChooseOptions {
  /** Whether what is missing may be installed. */
  readonly installs: boolean;
  /** Whether the image is to be made of the host's busybox. */
  readonly packsBusybox: boolean;
  readonly print: (line: string) => void;
}

/**
 * Chooses Linux where this host can run pods, else the simulated kernel.
 *
 * @throws {ExitError} when Linux is demanded and the host lacks something.
 */
export async function chooseKernel(
  wanted: KernelName | "auto",
  { installs, packsBusybox, print }: ChooseOptions,
): Promise<ChosenKernel> {
  if (wanted === "sim") {
    return { name: "sim", description: "simulated, as you asked", advice: [] };
  }
  const { probeHost } = await import("../../real/host.ts");
  const probe = async () => [...await probeHost(), ...packsBusybox ? [await busyboxFact()] : []];
  let facts = await probe();
  const lacking = facts.filter((it) => it.isRequired && !it.isPresent);
  if (installs && packagesFor(lacking).length > 0) {
    await installPackages(packagesFor(lacking), print);
    facts = await probe();
  }
  const missing = facts.filter((it) => it.isRequired && !it.isPresent);
  if (missing.length === 0) {
    const versions = facts.filter((it) => ["linux", "runc", "conmon"].includes(it.name));
    const found = versions.map((it) => it.detail).join(", ");
    return { name: "linux", description: `this host's: ${found}`, advice: [] };
  }
  const names = missingOf(facts).join(", ");
  const advice = [
    ...missing.map((it) => `${it.name}: ${it.howToInstall}`),
    ...packagesFor(missing).length > 0 && !installs
      ? [`or run it again with ${bold("--install")}`]
      : [],
  ];
  if (wanted === "linux") throw failure(`this host lacks ${names}\n  ${advice.join("\n  ")}`);
  return { name: "sim", description: `simulated, since this host lacks ${names}`, advice };
}

async function busyboxFact(): Promise<HostFact> {
  const path = await findBusybox();
  return {
    name: "busybox",
    isPresent: path !== undefined,
    isRequired: true,
    detail: path ?? "what the image is made of",
    howToInstall: path === undefined ? "apt-get install busybox-static" : "",
  };
}
