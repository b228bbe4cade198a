/**
 * Nonces in IndexedDB, for gates in browsers.
 *
 * @module
 */
import type { NonceContext, NonceStore } from "trusthandoff";

/** Which database, and how much of it. */
export interface IndexedDbNonceStoreOptions {
  /** The name of the database, by default `trusthandoff-nonces`. Gates that share it share their nonces. */
  name?: string;
  /** Most nonces held at once, by default 1,000,000. */
  capacity?: number;
}

/**
 * Nonces in IndexedDB: shared by all tabs and workers of an origin, and still there after a restart of the browser. Bounded: a live nonce
 * is never evicted, a full store refuses with `replay_store_full`. One sender holds at most half of it.
 *
 * A claim is one transaction with strict durability, answered once it is on the disk.
 *
 * Nonces are dropped once they have expired by `nowMs`. After a jump of the clock and back, and after the database was deleted under an
 * open store, a nonce that may have been forgotten is refused with `replay_store_unavailable`. The same code stands for a database that
 * cannot be opened, read or written. Whoever deletes the site's data deletes the nonces: ask for `navigator.storage.persist()`, so that
 * the browser does not do it by itself.
 *
 * @example
 * const gate = new TrustHandoffMiddleware({ audience, registry, nonces: new IndexedDbNonceStore() });
 */
export class IndexedDbNonceStore implements NonceStore {
  constructor(options?: IndexedDbNonceStoreOptions);
  /** One transaction, so no two tabs can both take a nonce. */
  checkAndStore(key: string, expiresAtMs: number, about?: Partial<NonceContext>): Promise<boolean>;
  /** How many nonces are held. */
  size(): Promise<number>;
  /** Ends the connection; the nonces stay. What is claimed afterwards is refused with `replay_store_unavailable`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
