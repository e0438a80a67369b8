import { assert, assertEquals } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";

import schema from "../../../bench/report.schema.json" with { type: "json" };
import { REPORT } from "./fixture.ts";

/** Dates are checked by eye: the validator knows no formats of its own. */
const validate = new Ajv2020({ allErrors: true, formats: { "date-time": true } }).compile(schema);

function problems(report: unknown): readonly string[] {
  validate(report);
  return (validate.errors ?? []).map((it) => `${it.instancePath} ${it.message}`);
}

Deno.test("report.schema.json describes a report with everything in it", () => {
  const { endpoints, ratios, bars, trace } = REPORT;
  for (const { length } of [endpoints, ratios, bars, trace?.waterfall ?? [], trace?.spans ?? []]) {
    assert(length > 0, "the fixture leaves something out");
  }
  assertEquals(problems(REPORT), []);
});

Deno.test("report.schema.json describes a report with nothing in it", () => {
  const bare = { ...REPORT, endpoints: [], ratios: [], bars: [], trace: null };
  assertEquals(problems(bare), []);
});

Deno.test("report.schema.json knows of every field, and misses those that are not there", () => {
  const [ours] = REPORT.endpoints;
  assertEquals(problems({ ...REPORT, news: 1 }), [" must NOT have additional properties"]);
  assertEquals(problems({ ...REPORT, endpoints: [{ ...ours, news: 1 }] }), [
    "/endpoints/0 must NOT have additional properties",
  ]);
  assertEquals(problems({ ...REPORT, endpoints: [{ ...ours, memory: undefined }] }), [
    "/endpoints/0 must have required property 'memory'",
  ]);
  assertEquals(problems({ ...REPORT, version: 2 }), ["/version must be equal to constant"]);
});
