import type { Http2Server, Http2Session } from "node:http2";
import process from "node:process";

/**
 * Keeps a client's GOAWAY from ending the daemon.
 *
 * Deno answers GOAWAY by destroying the session while nghttp2 still reads from it, which frees what
 * is read next: the process aborts, or takes a fault. Here every session is destroyed when that
 * reading is over.
 *
 * @see {@link https://github.com/denoland/deno/issues/36788} for the same in a client of Deno 2.9.6.
 */
export function destroyAfterReading(server: Http2Server): void {
  server.on("session", (session: Http2Session) => {
    const destroy = session.destroy.bind(session);
    session.destroy = (...args: Parameters<typeof destroy>) =>
      process.nextTick(() => destroy(...args));
  });
}
