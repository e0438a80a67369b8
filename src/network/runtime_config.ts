import { RuntimeError } from "../errors.ts";
import type { SandboxConfig } from "../sandbox/config.ts";

/**
 * What plugins may ask to be told of a pod, by capability (CNI conventions, "Dynamic Plugin specific
 * fields"). A plugin gets those that it declares.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for a bandwidth that is none.
 */
export function runtimeConfigOf(config: SandboxConfig): Readonly<Record<string, unknown>> {
  const portMappings = config.portMappings
    .filter((it) => it.hostPort > 0)
    .map((it) => ({
      hostPort: it.hostPort,
      containerPort: it.containerPort,
      protocol: it.protocol.toLowerCase(),
      ...(it.hostIp === "" ? {} : { hostIP: it.hostIp }),
    }));
  const bandwidth = bandwidthOf(config.annotations);
  return {
    ...(portMappings.length === 0 ? {} : { portMappings }),
    ...(config.dns === undefined ? {} : { dns: config.dns }),
    ...(bandwidth === undefined ? {} : { bandwidth }),
    ...(config.cgroupParent === "" ? {} : { cgroupPath: config.cgroupParent }),
    "io.kubernetes.cri.pod-annotations": config.annotations,
  };
}

/** Kubernetes' traffic shaping; a burst is not limited there. */
function bandwidthOf(
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, number>> | undefined {
  const ingress = rateOf(annotations, "kubernetes.io/ingress-bandwidth");
  const egress = rateOf(annotations, "kubernetes.io/egress-bandwidth");
  if (ingress === undefined && egress === undefined) return undefined;
  return {
    ...(ingress === undefined ? {} : { ingressRate: ingress, ingressBurst: BURST_MAX }),
    ...(egress === undefined ? {} : { egressRate: egress, egressBurst: BURST_MAX }),
  };
}

const BURST_MAX = 0xffff_ffff;
const RATE_MIN = 1e3;
const RATE_MAX = 1e15;

const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Bits a second, as a Kubernetes quantity: "10M". */
function rateOf(annotations: Readonly<Record<string, string>>, key: string): number | undefined {
  const text = annotations[key];
  if (text === undefined) return undefined;
  const [, number, suffix] = /^([0-9]+(?:\.[0-9]+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  const rate = Math.ceil(Number(number) * (FACTORS[suffix ?? ""] ?? NaN));
  if (rate >= RATE_MIN && rate <= RATE_MAX) return rate;
  throw new RuntimeError(
    "INVALID_ARGUMENT",
    `Cannot set ${key} to ${JSON.stringify(text)}: no rate from 1k to 1P`,
  );
}
