import { assertEquals } from "@std/assert";
import fc from "fast-check";

import { Inbox } from "../../../../src/cri/streaming/inbox.ts";
import { ToldSizes } from "../../../../src/cri/streaming/terminal_sizes.ts";
import { Context } from "../../../../src/kernel/context.ts";
import type { TerminalSize } from "../../../../src/kernel/streams.ts";
import { bytes } from "./fixture.ts";

async function sizesOf(...told: string[]): Promise<TerminalSize[]> {
  const inbox = new Inbox();
  for (const it of told) inbox.push(bytes(it));
  inbox.end();
  const sizes = new ToldSizes(inbox);
  const found: TerminalSize[] = [];
  for (;;) {
    const size = await sizes.next(Context.background());
    if (size === undefined) return found;
    found.push(size);
  }
}

Deno.test("ToldSizes.next() gives each size that came by itself, however it is cut", async () => {
  assertEquals(await sizesOf('{"Width":80,"Heig', 'ht":24}\n', '{"Height":50,"Width":132}'), [
    { columns: 80, rows: 24 },
    { columns: 132, rows: 50 },
  ]);
});

Deno.test("ToldSizes.next() gives the last of those that came together", async () => {
  assertEquals(
    await sizesOf('{"Width":80,"Height":24}\n{"Width":81,"Height":24}\n{"Width":'),
    [{ columns: 81, rows: 24 }],
  );
});

Deno.test("ToldSizes.next() skips what is no size", async () => {
  for (
    const told of [
      '{"Width":0,"Height":24}',
      '{"Width":80}',
      '{"Width":70000,"Height":24}',
      '{"Width":"80","Height":24}',
      "{]}",
      "}{",
    ]
  ) {
    assertEquals(
      await sizesOf(told, '{"Width":80,"Height":24}'),
      [{ columns: 80, rows: 24 }],
      told,
    );
  }
  assertEquals(await sizesOf("[".repeat(2000), '{"Width":80,"Height":24}'), []);
});

Deno.test("ToldSizes.next() ends, whatever a client sends", async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.string()), async (told) => {
    await sizesOf(...told);
  }));
});
