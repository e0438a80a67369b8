import type { ContainerEventResponse } from "../../src/cri/gen/v1_pb.ts";
import { ContainerEventType } from "../../src/cri/gen/v1_pb.ts";
import type { CriClient } from "./client.ts";
import { atMost } from "./daemon.ts";

/** Events of a daemon from the moment of the watch on; none is missed. */
export interface EventWatch extends Disposable {
  readonly seen: readonly ContainerEventResponse[];
  /** Resolves when a container or sandbox has had the event. */
  until(id: string, type: keyof typeof ContainerEventType): Promise<ContainerEventResponse>;
}

/** Starts watching; what happens after the reply is seen. */
export async function watchEvents(client: CriClient): Promise<EventWatch> {
  const stream = client.getContainerEvents();
  const seen: ContainerEventResponse[] = [];
  const waiting = new Set<() => void>();
  const reading = (async () => {
    for await (const event of stream) {
      seen.push(event);
      for (const look of waiting) look();
    }
  })();
  reading.catch(() => {});
  await atMost(stream.served, "the stream of events to begin");
  return {
    seen,
    async until(id, type) {
      const { promise, resolve } = Promise.withResolvers<ContainerEventResponse>();
      const look = () => {
        const found = seen.find((it) =>
          it.containerId === id && it.containerEventType === ContainerEventType[type]
        );
        if (found !== undefined) resolve(found);
      };
      waiting.add(look);
      look();
      try {
        return await atMost(promise, `${type} of ${id}`);
      } finally {
        waiting.delete(look);
      }
    },
    [Symbol.dispose]: () => stream.cancel(),
  };
}
