/** A thread that answers each message with one, and takes one at a time. */
export class Thread<Task, Result> implements Disposable {
  readonly #worker: Worker;

  /** `url` is the module that runs in it. */
  constructor(url: URL) {
    this.#worker = new Worker(url, { type: "module" });
  }

  /** @throws {Error} when the thread fails; `what` says at what. */
  run(task: Task, what: string): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<Result>) => resolve(data);
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`Cannot run ${what}: ${event.message}`));
      };
      this.#worker.postMessage(task);
    });
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
