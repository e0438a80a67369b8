import type { Duplex } from "node:stream";

import type { Clock } from "../../kernel/clock.ts";
import type { Context } from "../../kernel/context.ts";

/** How long a client that was told everything has to close its side. */
const lingerMs = 10_000;

/**
 * Ends a connection in order, and resolves once it is closed. What was written is sent first, however
 * slowly the client reads, unless the context ends; its own bytes are read meanwhile by their owner. A
 * socket that is closed with something unread resets the connection, and the client loses what it has not
 * read yet (RFC 9293, section 3.10.4).
 */
export async function hangUp(wire: Duplex, clock: Clock, context: Context): Promise<void> {
  if (wire.closed) return;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  wire.once("close", () => resolve());
  using linger = new DisposableStack();
  linger.use(context.onCancel(() => wire.destroy()));
  wire.end(() => {
    if (!linger.disposed) linger.use(clock.after(lingerMs, () => wire.destroy()));
  });
  await closed;
}
