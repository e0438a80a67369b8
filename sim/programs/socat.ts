import { toText } from "../world/content.ts";
import type { Program, Sys } from "./program.ts";
import { type Service, SERVICES } from "./services.ts";

const READ_BYTES = 65_536;
const SILENT_SECONDS = 0.5;

/**
 * `socat -dd -tSECONDS STDIO,shut-close TCP4:ADDRESS:PORT`, together with who listens there (man 1 socat). Of a
 * connection whose one half has ended it waits so long for the other.
 */
export const socat: Program = async (sys) => {
  const [, family, address, port] = /^(TCP[46]):(.+):(\d+)/.exec(sys.args.at(-1) ?? "") ?? [];
  const service = SERVICES[Number(port)];
  if (service === undefined || service.family !== family) {
    await sys.write(2, `${prefix(sys)} E connect(5, ${address}:${port}): Connection refused\n`);
    return 1;
  }
  await sys.write(2, `${prefix(sys)} N starting data transfer loop with FDs [0,1] and [5,5]\n`);
  await serve(sys, service);
  return 0;
};

async function serve(sys: Sys, { greeting, echoes, farewell, ends }: Service): Promise<void> {
  if (greeting !== "") await sys.write(1, greeting);
  if (ends === "at once") await sys.close(1);
  const silentMs = silentSeconds(sys) * 1_000;
  const patience = ends === "at once" ? { timeoutMs: silentMs } : {};
  let received = "";
  while (true) {
    const { hasTimedOut } = await sys.poll({ read: [0], ...patience });
    if (hasTimedOut) return;
    const bytes = await sys.read(0, READ_BYTES);
    if (bytes.length === 0) break;
    received += toText(bytes);
    if (echoes) await sys.write(1, bytes);
  }
  if (farewell !== undefined) await sys.write(1, farewell(received));
  if (ends === "never") await sys.poll({ timeoutMs: silentMs });
}

function silentSeconds({ args }: Sys): number {
  const option = args.find((it) => it.startsWith("-t"));
  return option === undefined ? SILENT_SECONDS : Number(option.slice(2));
}

/** How each of its lines begins, with the name that it was given. */
function prefix({ args, pid }: Sys): string {
  const name = args.find((it) => it.startsWith("-lp"))?.slice(3) ?? "socat";
  return `1970/01/01 00:00:00 ${name}[${pid}]`;
}
