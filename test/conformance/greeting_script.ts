/**
 * Listens on a port, says something to each client and ends that half at once; says how much has come when the
 * client has ended the other: `deno run -A greeting_script.ts PORT`.
 *
 * @module
 */

const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]) });
console.log("listening");
for await (const connection of listener) {
  await connection.write(new TextEncoder().encode("hi\n"));
  await connection.closeWrite();
  let count = 0;
  for await (const bytes of connection.readable) count += bytes.length;
  console.log(`${count} bytes`);
}
