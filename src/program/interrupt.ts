/** The first Ctrl-C is a request; a second one ends the program. */
export class Interrupt implements Disposable {
  #hasCome = false;

  /** Listens until it comes, or until this is disposed. */
  constructor(readonly onCome: () => void) {
    Deno.addSignalListener("SIGINT", this.#listener);
  }

  /** Whether it was asked to end. */
  get hasCome(): boolean {
    return this.#hasCome;
  }

  [Symbol.dispose](): void {
    if (!this.#hasCome) Deno.removeSignalListener("SIGINT", this.#listener);
  }

  readonly #listener = (): void => {
    this.#hasCome = true;
    Deno.removeSignalListener("SIGINT", this.#listener);
    this.onCome();
  };
}
