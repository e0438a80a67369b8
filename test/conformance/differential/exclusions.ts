/** A part of what is observed that is not compared, and why. */
export interface Mask {
  readonly pattern: RegExp;
  readonly replacement: string;
  readonly reason: string;
}

/** In the OCI runtime's words when Linux refuses a limit. */
export const CGROUP_FILE: Mask = {
  pattern: /failed to write "[^"]*": write \S+: (invalid argument|numerical result out of range)/g,
  replacement: "failed to write a limit",
  reason: "versions 1 and 2 have other files, with other words in them, and other errors",
};

/** What is taken out of every text before two machines are compared. */
export const MASKS: readonly Mask[] = [
  CGROUP_FILE,
  {
    pattern: /[0-9a-f]{64}/g,
    replacement: "<id>",
    reason: "ids are random; one that no client was told (a failed creation) has no name",
  },
];

/** Programs of which only the observations are compared, and not each call, and why. */
export const UNTRACED: readonly Exclusion[] = [
  {
    pattern: /^RunPodSandbox .* shared PIDs$/,
    reason:
      "which of a pod's zombies the host has reaped when its init ends is not searched in full",
  },
  {
    pattern: /^Exec /,
    reason: "what a command prints comes in pieces of any size, a call for each",
  },
];

/** A line of the inventory that is not compared, and why. */
export interface Exclusion {
  readonly pattern: RegExp;
  readonly reason: string;
}

/** Files that one machine has and the other need not. */
export const EXCLUDED_FILES: readonly Exclusion[] = [
  {
    pattern: /<root>\/containers\/\w+\/work\//,
    reason: "overlayfs keeps a folder of its own in its work directory (overlayfs.rst)",
  },
  {
    pattern: /(<root>\/containers\/\w+\/upper|<state>\/tasks\/\w+\/rootfs)\//,
    reason: "runc makes what it mounts on; the simulated one mounts nothing into a container",
  },
  {
    pattern: /<state>\/exits\/sandbox\d+(\.\w+)?$/,
    reason:
      "a pod's own init and its conmon are killed one after the other: a race, and nobody asks",
  },
  {
    pattern: /<state>\/tasks\/\w+\/attach$/,
    reason:
      "conmon removes its socket after it told of the end, if it is not killed before: a race",
  },
];
