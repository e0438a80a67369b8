import { cniPlugins } from "./cni/plugins.ts";
import { conmon } from "./conmon/conmon.ts";
import { cat, cp, echo, failing, sleep, succeed, uname } from "./helpers.ts";
import { skopeo } from "./image/skopeo.ts";
import { tar } from "./image/tar.ts";
import { nsenter } from "./nsenter.ts";
import { pin } from "./pin.ts";
import type { Program } from "./program.ts";
import { runc } from "./runc/runc.ts";
import { sh } from "./shell/shell.ts";
import { socat } from "./socat.ts";
import {
  busyLog,
  catatonit,
  exit,
  flood,
  forkForever,
  forkHolder,
  ignoreTerm,
  onTerm,
  oom,
  oomChild,
  pieces,
  stayInCgroup,
  ttySize,
} from "./workloads.ts";

/** Programs of the machine, by base name. */
export const programs: ReadonlyMap<string, Program> = byName({
  ...cniPlugins,
  cat,
  catatonit,
  conmon,
  cp,
  echo,
  false: failing,
  nsenter,
  runc,
  sh,
  skopeo,
  sleep,
  "slipway-pin": pin,
  socat,
  tar,
  true: succeed,
  uname,
});

/** Programs inside of containers, by base name. */
export const workloads: ReadonlyMap<string, Program> = byName({
  "busy-log": busyLog,
  cat,
  catatonit,
  echo,
  exit,
  false: failing,
  flood,
  "fork-forever": forkForever,
  "fork-holder": forkHolder,
  "ignore-term": ignoreTerm,
  "on-term": onTerm,
  oom,
  "oom-child": oomChild,
  // What a shared PID namespace's init is called inside: the host's program, bound there.
  pause: catatonit,
  pieces,
  sh,
  sleep,
  "stay-in-cgroup": stayInCgroup,
  true: succeed,
  "tty-size": ttySize,
});

function byName(programs: Readonly<Record<string, Program>>): ReadonlyMap<string, Program> {
  return new Map(Object.entries(programs));
}
