// See assert.ts for why the types stand apart.
// @ts-types="./path.d.ts"
export * from "deno-std/path/mod.js";
