import { RuntimeError } from "../errors.ts";
import { SIGTERM } from "../kernel/processes.ts";

/** Signal numbers of Linux on x86 and ARM (man 7 signal). */
const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  IOT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  POLL: 29,
  PWR: 30,
  SYS: 31,
};

/** glibc keeps 32 and 33 for itself (man 7 signal, real-time signals). */
const RTMIN = 34;
const RTMAX = 64;

/**
 * The number of a stop signal as an image or a client spells it: "SIGTERM", "term", "15",
 * "SIGRTMIN+3", "SIGRTMINPLUS3", "SIGRTMAX-1"; empty means SIGTERM.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for anything else.
 */
export function signalNumber(name: string): number {
  if (name === "" || name === "RUNTIME_DEFAULT") return SIGTERM;
  const signal = /^\d+$/.test(name) ? Number(name) : namedSignal(name.toUpperCase());
  if (signal === undefined || signal < 1 || signal > RTMAX) {
    throw new RuntimeError("INVALID_ARGUMENT", `unknown stop signal ${JSON.stringify(name)}`);
  }
  return signal;
}

function namedSignal(name: string): number | undefined {
  const short = name.startsWith("SIG") ? name.slice("SIG".length) : name;
  const realTime = /^RT(?:(MIN)(?:(?:\+|PLUS)(\d+))?|MAX(?:(?:-|MINUS)(\d+))?)$/.exec(short);
  if (realTime !== null) {
    const [, isMin, above = "0", below = "0"] = realTime;
    const signal = isMin === undefined ? RTMAX - Number(below) : RTMIN + Number(above);
    return signal >= RTMIN && signal <= RTMAX ? signal : undefined;
  }
  return Object.hasOwn(NUMBERS, short) ? NUMBERS[short] : undefined;
}

/** The name of a signal as CRI's Signal enum spells it ("SIGTERM", "SIGRTMINPLUS3"). */
export function criSignalName(signal: number): string {
  if (signal === RTMIN) return "SIGRTMIN";
  if (signal === RTMAX) return "SIGRTMAX";
  const middle = RTMIN + 15;
  if (signal > RTMIN) {
    return signal <= middle ? `SIGRTMINPLUS${signal - RTMIN}` : `SIGRTMAXMINUS${RTMAX - signal}`;
  }
  const found = Object.entries(NUMBERS).find(([, number]) => number === signal);
  return `SIG${found?.[0] ?? "TERM"}`;
}
