import { Certainty } from "./certainty.ts";
import type { Checker } from "./checker.ts";
import { Events } from "./events.ts";
import { ExecBeforeInit } from "./exec.ts";
import { ExecCall } from "./exec_call.ts";
import { ExitCode } from "./exit_code.ts";
import type { Facts } from "./facts.ts";
import { FailedStart } from "./failed_start.ts";
import { Forwards } from "./forwards.ts";
import { Identity } from "./identity.ts";
import { Isolation } from "./isolation.ts";
import { Layers } from "./layers.ts";
import { Limits } from "./limits.ts";
import { Linearizable } from "./linearizable.ts";
import { Logs } from "./logs.ts";
import { Monotone } from "./monotone.ts";
import { Names } from "./names.ts";
import { Oom } from "./oom.ts";
import type { OracleOptions } from "./oracle.ts";
import { Plugins } from "./plugins.ts";
import { Refusals } from "./refusals.ts";
import { OrderlyEnds } from "./orderly_end.ts";
import { RemovePost } from "./remove_post.ts";
import { Retries } from "./retries.ts";
import { SandboxRemove } from "./sandbox_remove.ts";
import { SandboxStop } from "./sandbox_stop.ts";
import { SingleStart } from "./single_start.ts";
import { StatisticsTruth } from "./statistics.ts";
import { StateTruth } from "./state_truth.ts";
import { Streams } from "./streams.ts";
import { StopPost } from "./stop_post.ts";
import { StopSignal } from "./stop_signal.ts";

/**
 * Everything that must hold, in the order of its names. I11's other half, a bounded number of tries, and
 * I12, nothing is left, are asked by the run's clean-up; I18 and I19 are the others under cancels and
 * crashes.
 */
export function checkersOf(facts: Facts, options: OracleOptions): readonly Checker[] {
  return [
    new SingleStart(),
    new StateTruth(facts),
    new Limits(facts),
    new StopPost(facts),
    new RemovePost(facts, options),
    new SandboxStop(facts),
    new SandboxRemove(facts),
    new Names(facts),
    new Monotone(facts),
    new ExitCode(facts, options),
    new Events(facts),
    ...(options.isFaultless ? [new Retries()] : []),
    ...(options.isQuiet ? [new Certainty(), new Refusals()] : []),
    ...(options.isOnlyHanging ? [new Isolation(facts)] : []),
    new StopSignal(facts, options),
    new Identity(facts),
    new Logs(facts),
    new FailedStart(facts),
    new Oom(facts),
    new ExecBeforeInit(facts),
    new ExecCall(facts, options),
    new Layers(facts),
    ...(options.plugins === undefined ? [] : [new Plugins(facts, options.plugins)]),
    new OrderlyEnds(facts, options),
    new StatisticsTruth(facts, options),
    new Streams(facts),
    new Forwards(facts, options),
    new Linearizable(facts),
  ];
}
