// See assert.ts for why the types stand apart. Of the module only its parser: what writes YAML is as large again.
// @ts-types="./yaml.d.ts"
export * from "deno-std/yaml/parse.js";
