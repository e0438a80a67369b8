import { CONTAINER_MUTANTS } from "./catalogue/container.ts";
import { END_MUTANTS } from "./catalogue/end.ts";
import { EXEC_MUTANTS } from "./catalogue/exec.ts";
import { EXIT_MUTANTS } from "./catalogue/exit.ts";
import { IMAGE_MUTANTS } from "./catalogue/image.ts";
import { KERNEL_MUTANTS } from "./catalogue/kernel.ts";
import { NETWORK_MUTANTS } from "./catalogue/network.ts";
import { PLUGIN_MUTANTS } from "./catalogue/plugin.ts";
import { PORT_FORWARD_MUTANTS } from "./catalogue/port_forward.ts";
import { PREPARE_MUTANTS } from "./catalogue/prepare.ts";
import { RECOVERY_MUTANTS } from "./catalogue/recovery.ts";
import { SANDBOX_MUTANTS } from "./catalogue/sandbox.ts";
import { START_MUTANTS } from "./catalogue/start.ts";
import { STATS_MUTANTS } from "./catalogue/stats.ts";
import { STOP_MUTANTS } from "./catalogue/stop.ts";
import { STREAM_MUTANTS } from "./catalogue/streams.ts";
import { TASK_MUTANTS } from "./catalogue/task.ts";
import { UPDATE_MUTANTS } from "./catalogue/update.ts";
import type { Mutant } from "./mutant.ts";

/** All of them. */
export const MUTANTS: readonly Mutant[] = [
  ...START_MUTANTS,
  ...PREPARE_MUTANTS,
  ...STOP_MUTANTS,
  ...EXIT_MUTANTS,
  ...TASK_MUTANTS,
  ...CONTAINER_MUTANTS,
  ...UPDATE_MUTANTS,
  ...EXEC_MUTANTS,
  ...SANDBOX_MUTANTS,
  ...RECOVERY_MUTANTS,
  ...NETWORK_MUTANTS,
  ...IMAGE_MUTANTS,
  ...PLUGIN_MUTANTS,
  ...KERNEL_MUTANTS,
  ...END_MUTANTS,
  ...STATS_MUTANTS,
  ...STREAM_MUTANTS,
  ...PORT_FORWARD_MUTANTS,
];
