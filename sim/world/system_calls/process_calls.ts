import type { PollRequest, PollResult, Waited } from "../../programs/program.ts";
import { WaitQueue } from "../../step.ts";
import { refuse } from "../errors.ts";
import { IsolationCalls } from "./isolation_calls.ts";

/** Processes among each other: signals, children that end, and waiting for any of it. */
export abstract class ProcessCalls extends IsolationCalls {
  wait(pid?: number): Promise<Waited> {
    const process = this.process;
    const { processes } = this.machine;
    return this.callWhen(
      "wait",
      pid,
      process.childChanged,
      () => processes.zombieOf(process, pid) !== undefined || !this.#hasChild(pid),
      () => {
        const zombie = processes.zombieOf(process, pid);
        if (zombie === undefined) return refuse("wait", "ECHILD", String(pid ?? "any"));
        processes.reap(zombie);
        return { pid: zombie.pid, status: zombie.exitStatus as Waited["status"] };
      },
    );
  }

  tryWait(): Promise<Waited | undefined> {
    return this.call("wait", "WNOHANG", () => {
      const zombie = this.machine.processes.zombieOf(this.process, undefined);
      if (zombie === undefined) return undefined;
      this.machine.processes.reap(zombie);
      return { pid: zombie.pid, status: zombie.exitStatus as Waited["status"] };
    });
  }

  kill(pid: number, signal: number): Promise<void> {
    return this.call("kill", [String(pid), String(signal)], () => {
      const target = this.machine.processes.get(pid) ?? refuse("kill", "ESRCH", String(pid));
      this.machine.processes.signal(target, signal, this.process);
    });
  }

  killIdentity(pid: number, startTime: number, signal: number): Promise<void> {
    return this.call("pidfd_send_signal", [String(pid), String(signal)], () => {
      const target = this.machine.processes.get(pid);
      if (target === undefined || target.startTime !== startTime || target.state === "zombie") {
        return refuse("pidfd_send_signal", "ESRCH", String(pid));
      }
      return this.machine.processes.signal(target, signal, this.process);
    });
  }

  processStat(pid: number): Promise<{ startTime: number; isZombie: boolean } | undefined> {
    return this.call("stat", `/proc/${pid}/stat`, () => {
      const target = this.machine.processes.get(pid);
      if (target === undefined) return undefined;
      return { startTime: target.startTime, isZombie: target.state === "zombie" };
    });
  }

  signalAction(signal: number, action: "default" | "ignore" | "catch"): Promise<void> {
    return this.call("sigaction", [String(signal), action], () => {
      this.process.touch("write");
      this.process.dispositions.set(signal, action);
    });
  }

  setSubreaper(): void {
    this.process.touch("write");
    this.process.isSubreaper = true;
  }

  setParentDeathSignal(signal: number): Promise<void> {
    return this.call("prctl", ["PR_SET_PDEATHSIG", String(signal)], () => {
      this.process.touch("write");
      this.process.parentDeathSignal = signal;
    });
  }

  async sleep(ms: number): Promise<void> {
    await this.poll({ timeoutMs: ms });
  }

  poll(request: PollRequest): Promise<PollResult> {
    const process = this.process;
    const { processes } = this.machine;
    const files = (request.read ?? []).map((fd) => ({ fd, file: this.file("poll", fd) }));
    const written = (request.write ?? []).map((fd) => ({ fd, file: this.file("poll", fd) }));
    const queues: WaitQueue[] = [process.signalled];
    for (const { file } of [...files, ...written]) {
      if (file.changed !== undefined) queues.push(file.changed);
    }
    if (request.children) queues.push(process.childChanged);
    const watched = (request.processes ?? []).map((pid) => ({ pid, target: processes.get(pid) }));
    for (const { target } of watched) if (target !== undefined) queues.push(target.changed);
    const ended = (): number[] =>
      watched.filter(({ target }) => !target?.isAlive).map(({ pid }) => pid);
    let hasTimedOut = request.timeoutMs !== undefined && request.timeoutMs <= 0;
    let timer: Disposable | undefined;
    if (request.timeoutMs !== undefined && !hasTimedOut) {
      const timeout = new WaitQueue();
      queues.push(timeout);
      timer = this.machine.scheduler.after(
        process.task,
        process,
        request.timeoutMs * 1_000,
        () => {
          hasTimedOut = true;
          timeout.wake();
        },
      );
    }
    const hasChild = (): boolean =>
      request.children === true &&
      (processes.zombieOf(process, undefined) !== undefined || process.children.size === 0);
    return this.callWhen(
      "poll",
      request.timeoutMs,
      queues,
      () =>
        hasTimedOut || process.caught.length > 0 || files.some(({ file }) => file.isReadable) ||
        written.some(({ file }) => file.isWritable) || hasChild() ||
        (watched.length > 0 && ended().length > 0),
      () => {
        timer?.[Symbol.dispose]();
        return {
          readable: files.filter(({ file }) => file.isReadable).map(({ fd }) => fd),
          writable: written.filter(({ file }) => file.isWritable).map(({ fd }) => fd),
          hasChild: hasChild(),
          ended: ended(),
          signals: process.caught.splice(0),
          hasTimedOut,
        };
      },
    );
  }

  #hasChild(pid: number | undefined): boolean {
    if (pid === undefined) return this.process.children.size > 0;
    for (const child of this.process.children) if (child.pid === pid) return true;
    return false;
  }
}
