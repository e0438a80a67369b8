import type { TraceStep } from "./model.ts";

/**
 * A step as the predicate of a sentence: "writes /run/slipway/tasks/c1/config.json", "hears from runc
 * create c1".
 */
export function words(step: TraceStep): string {
  const phrase = PHRASES[step.verb]?.(step.arguments) ??
    `calls ${step.verb}${step.arguments === "" ? "" : ` ${step.arguments}`}`;
  switch (step.part) {
    case "call":
      return phrase;
    case "then":
      return `${phrase} to the end`;
    case "reply":
      return `gets the answer to ${step.verb} ${step.arguments}`.trimEnd();
  }
}

type Phrase = (about: string) => string;

function says(text: string): Phrase {
  return (about) => `${text} ${about}`;
}

/** Verbs of the ports, and system calls. */
const PHRASES: Readonly<Record<string, Phrase>> = {
  "access": says("looks for"),
  "begin": () => "begins",
  "bind": says("listens at"),
  "cgroups.create": says("makes cgroup"),
  "cgroups.kill": says("kills cgroup"),
  "cgroups.processes": says("lists the processes of cgroup"),
  "cgroups.remove": says("removes cgroup"),
  "child.exited": says("learns of the end of"),
  "child.children": says("looks for children of"),
  "child.outputEnded": says("has read all output of"),
  "child.readPipeLine": says("reads what comes from"),
  "child.signal": says("signals"),
  "child.sendPipe": says("writes to"),
  "child.writePipe": says("writes to"),
  "close": says("closes descriptor"),
  "createFile": says("creates"),
  "die": says("dies of signal"),
  "execve": says("executes"),
  "exit": says("exits with code"),
  "fifo.read": says("reads"),
  "fifo.tryRead": says("looks into"),
  "files.list": says("lists"),
  "files.mkdir": says("makes folder"),
  "files.openFifo": says("opens fifo"),
  "files.readFile": says("reads"),
  "files.remove": says("removes"),
  "files.resolveInRoot": says("looks up"),
  "files.stat": says("looks for"),
  "files.watch": says("watches"),
  "files.writeFifo": says("writes to fifo"),
  "files.writeFile": says("writes"),
  "fork": says("forks"),
  "fsync": says("syncs"),
  "getdents": says("lists"),
  "handle.exited": says("learns of the end of process"),
  "handle.signal": (about) => about.replace(/^(\d+) (\d+)$/, "sends process $1 signal $2"),
  "kill": (about) => about.replace(/^(\d+) (\d+)$/, "sends process $1 signal $2"),
  "link": says("links"),
  "lstat": says("looks for"),
  "mkdir": says("makes folder"),
  "mkdirs": says("makes folder"),
  "mkfifo": says("makes fifo"),
  "mount": says("mounts"),
  "mounts.list": says("lists mounts below"),
  "mounts.mount": says("mounts"),
  "mounts.sharing": says("asks for the sharing of the mount at"),
  "mounts.unmount": says("unmounts"),
  "namespaces.pinOf": says("looks for the pin of"),
  "namespaces.unpin": says("unpins"),
  "open": says("opens"),
  "pause": () => "goes on",
  "poll": () => "waits for something to happen",
  "pivot_root": says("changes its root to"),
  "processes.list": () => "lists all processes",
  "processes.open": says("takes hold of process"),
  "processes.spawn": says("spawns"),
  "read": says("reads descriptor"),
  "readFile": says("reads"),
  "reap": says("reaps process"),
  "rename": says("renames"),
  "rmdir": says("removes"),
  "setns": says("joins namespace"),
  "sigaction": (about) => about.replace(/^(\d+) (\w+)$/, "decides to $2 signal $1"),
  "stat": says("looks for"),
  "store.commit": (about) => `commits ${about.replaceAll(/\bput /g, "")}`,
  "store.sync": () => "syncs the records",
  "store.load": () => "loads all records",
  "timer": () => "finds its timer due",
  "umount": says("unmounts"),
  "unlink": says("removes"),
  "unshare": says("leaves namespaces"),
  "wait": says("waits for child"),
  "watch.next": says("hears what changed in"),
  "write": says("writes to descriptor"),
  "writeFile": says("writes"),
};
