// The npm build of Deno's standard library carries no types, so assert.d.ts gives them: without the
// assertion signatures nothing would narrow. To move to jsr, change the import map only.
// @ts-types="./assert.d.ts"
export * from "deno-std/assert/mod.js";
