/** Chance, as the core may see it. */
export interface Random {
  /** `length` random bytes, fit for ids (man 2 getrandom). Never a scheduling point. */
  bytes(length: number): Uint8Array;
}
