/** One object's record: JSON text that the core writes and validates when it reads it back. */
export interface StoredRecord {
  /** The kind of object it is of: "container", "sandbox_status" and so on. */
  readonly table: string;
  /** Unique within `table`. */
  readonly id: string;
  /** JSON text of any length; the store does not read it. */
  readonly value: string;
}

/**
 * One part of a transaction. Putting replaces the record of that table and id; deleting an absent
 * one is fine.
 */
export type Change =
  | { readonly kind: "put"; readonly record: StoredRecord }
  | { readonly kind: "delete"; readonly table: string; readonly id: string };

/**
 * Which end a commit survives once it was answered: that of the daemon alone, or a loss of power as well.
 * The first is for what only the next life on the same boot needs to know; it costs no wait for the disk.
 */
export type Durability = "daemon" | "machine";

/**
 * The daemon's transactional state. A commit that was answered survives the death of the daemon and of
 * the machine; one that was not is there whole or not at all. Commits are lost in reverse order only: one
 * that survives the machine takes along those before it that need not.
 */
export interface StateStore {
  /** Every record, ordered by table and id. */
  load(): Promise<readonly StoredRecord[]>;

  /**
   * Makes all changes in one transaction. The reply may come later than the effect: after an error
   * the changes may have been made.
   *
   * @param survives "machine" unless given
   *
   * @throws {KernelError} ENOSPC, EIO, EROFS.
   */
  commit(changes: readonly Change[], survives?: Durability): Promise<void>;

  /**
   * Makes every commit that was answered before survive the machine: for one that was to survive the daemon,
   * and has to survive more by the time that a client is answered.
   *
   * @throws {KernelError} EIO: then nobody knows which of them do.
   */
  sync(): Promise<void>;
}
