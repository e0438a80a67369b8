/**
 * A life of the daemon that reaches a port of a pod and says what it hears there, for a test that kills it:
 * `deno run -A forward_script.ts CONFIG SANDBOX PORT`, with the configuration as JSON.
 *
 * @module
 */

import { join } from "@std/path";
import { linuxKernel } from "../../real/kernel.ts";
import { Context, waitFor } from "../../src/kernel/context.ts";
import { forwardPort } from "../../src/sandbox/port_forward.ts";
import { bootLife } from "./differential/bench.ts";

const [text = "", id = "", port = ""] = Deno.args;
const config = JSON.parse(text);
const { promise: never } = Promise.withResolvers<undefined>();
const kernel = linuxKernel({ stateFile: join(config.root, "state.sqlite") });
const runtime = await bootLife(kernel, config, () => {}, () => {});
const client = {
  fromClient: { read: (context: Context) => waitFor(never, context) },
  toClient: {
    write: (bytes: Uint8Array) => Promise.resolve(console.log(new TextDecoder().decode(bytes))),
    end: () => {},
  },
};
await forwardPort(runtime, id, Number(port), client, Context.background());
