import { assertEquals, assertThrows } from "@std/assert";

import { Signal } from "../../../src/cri/gen/v1_pb.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { criSignalName, signalNumber } from "../../../src/oci/signals.ts";

Deno.test("signalNumber() is SIGTERM when nothing is asked for", () => {
  assertEquals(signalNumber(""), 15);
  assertEquals(signalNumber("RUNTIME_DEFAULT"), 15);
});

Deno.test("signalNumber() takes a name with and without SIG, in any case, and a number", () => {
  assertEquals(["SIGINT", "int", "sigint", "INT", "2"].map(signalNumber), [2, 2, 2, 2, 2]);
  assertEquals(["1", "64"].map(signalNumber), [1, 64]);
});

Deno.test("signalNumber() knows the numbers of man 7 signal", () => {
  const names = ["HUP", "QUIT", "KILL", "USR1", "USR2", "TERM", "CHLD", "STOP", "WINCH", "SYS"];
  assertEquals(names.map(signalNumber), [1, 3, 9, 10, 12, 15, 17, 19, 28, 31]);
});

Deno.test("signalNumber() counts real-time signals up from the first and down from the last", () => {
  const numbers: Record<string, number> = {
    SIGRTMIN: 34,
    "SIGRTMIN+3": 37,
    "RTMIN+3": 37,
    SIGRTMINPLUS3: 37,
    "SIGRTMIN+30": 64,
    SIGRTMAX: 64,
    "SIGRTMAX-1": 63,
    SIGRTMAXMINUS14: 50,
    "sigrtmax-30": 34,
  };
  for (const [name, number] of Object.entries(numbers)) {
    assertEquals(signalNumber(name), number, name);
  }
});

Deno.test("signalNumber() refuses everything else", () => {
  const names = [
    "0",
    "65",
    "-1",
    "1.5",
    "9 ",
    " TERM",
    "SIG",
    "SIGNOPE",
    "SIGSIGTERM",
    "SIG9",
    "constructor",
    "SIGRTMIN+31",
    "SIGRTMAX-31",
    "SIGRTMIN+",
    "SIGRTMIN3",
  ];
  for (const name of names) {
    const error = assertThrows(() => signalNumber(name), RuntimeError, "", name);
    assertEquals([error.code, error.message], [
      "INVALID_ARGUMENT",
      `unknown stop signal ${JSON.stringify(name)}`,
    ]);
  }
});

Deno.test("signalNumber() knows every name of CRI's enum, and criSignalName() says it back", () => {
  const twins: Record<string, string> = { SIGIOT: "SIGABRT", SIGCLD: "SIGCHLD", SIGPOLL: "SIGIO" };
  const names = Object.values(Signal).filter((name) => typeof name === "string")
    .filter((name) => name !== "RUNTIME_DEFAULT");
  assertEquals(names.length, 65);
  for (const name of names) {
    assertEquals(criSignalName(signalNumber(name)), twins[name] ?? name);
  }
});
