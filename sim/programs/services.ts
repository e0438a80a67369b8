/** Who listens on a port of every network here. */
export interface Service {
  readonly family: "TCP4" | "TCP6";
  /** Said at once. */
  readonly greeting: string;
  /** Whether what comes goes back. */
  readonly echoes: boolean;
  /** Said to all that has come, at its end; the greeting of who says nothing then was all. */
  readonly farewell?: (received: string) => string;
  /** Whether it ever ends its half; with what it has said, at the client's end otherwise. */
  readonly ends: "at once" | "with its client" | "never";
}

/** By port, with the numbers of those that they are like (RFC 862, 863 and 867). On all others nobody listens. */
export const SERVICES: Readonly<Record<number, Service>> = {
  7: { family: "TCP4", greeting: "", echoes: true, ends: "with its client" },
  9: { family: "TCP4", greeting: "", echoes: false, ends: "never" },
  13: { family: "TCP4", greeting: "now\n", echoes: false, ends: "at once" },
  80: {
    family: "TCP6",
    greeting: "",
    echoes: false,
    farewell: (received) => `${received.length} bytes\n`,
    ends: "with its client",
  },
};

/** Where nobody listens. */
export const REFUSING_PORT = 1;

/** All that a service says to a client that has said `sent` and ended. */
export function answerOf({ greeting, echoes, farewell }: Service, sent: string): string {
  return `${greeting}${echoes ? sent : ""}${farewell?.(sent) ?? ""}`;
}
