import { configInvalid, errorFor } from "../errors.js";
import { readOptions } from "../plain.js";
import { checkCapacity, readClaim } from "./claim.js";
import { added, answer, Database } from "./database.js";

/** Most expired nonces dropped by one call: more than one, so that a store drains faster than it fills. */
const SWEEP = 64;
/** The key of the one record about all of the nonces. */
const WHOLE = "whole";

/**
 * Nonces in IndexedDB: shared by all tabs and workers of an origin, and still there after a restart of the browser. Bounded; a live
 * nonce is never evicted, a full store refuses (catalogue A05).
 *
 * One claim is one transaction with strict durability over everything the store knows, and transactions of that kind run
 * one after the other in all tabs. It is answered when the transaction is on the disk, so an accepted nonce outlives a crash.
 *
 * After a jump of the clock and back, and where the database was deleted under an open store, a nonce that may have been forgotten
 * is refused with `replay_store_unavailable` and not taken.
 */
export class IndexedDbNonceStore {
  #database;
  #capacity;
  /** Of the last claim: which database it was (a random name given when it was made), and the latest expiry held there. */
  #seen = { born: null, latestMs: 0 };

  constructor(options) {
    const { name = "trusthandoff-nonces", capacity = 1_000_000 } = readOptions(options, ["name", "capacity"], "IndexedDbNonceStore");
    if (typeof name !== "string" || name === "") throw configInvalid("`name` must be the name of a database", "name");
    this.#capacity = checkCapacity(capacity);
    this.#database = new Database(name, 1, createStores);
  }

  /**
   * True if `key` was not held, and it is held from now on; false if it was. Rejects with `replay_store_full` when there is no
   * room, or when one sender already holds half of it, and with `replay_store_unavailable` when it cannot know.
   */
  async checkAndStore(key, expiresAtMs, about) {
    const { nowMs, ...nonce } = readClaim(key, expiresAtMs, about);
    const taken = await this.#write((...stores) => this.#claim(stores, nonce, nowMs));
    if (taken === "forgotten") throw forgotten();
    if (taken === "full") throw errorFor("replay_store_full", "the nonce store has no room for this sender");
    return taken === "stored";
  }

  /** How many nonces are held. */
  async size() {
    return this.#write(async (nonces, senders, state) => (await answer(state.get(WHOLE))).held);
  }

  /** Ends the connection; the nonces stay. What is claimed afterwards is refused with `replay_store_unavailable`. */
  async close() {
    await this.#database.close();
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }

  async #write(work) {
    try {
      return await this.#database.write(["nonces", "senders", "state"], work);
    } catch (error) {
      throw errorFor("replay_store_unavailable", `the nonce database cannot be used: ${inWords(error)}`, { cause: error });
    }
  }

  /** Looks and writes, within one transaction. `add` is both at once, so no second claim of the key can ever succeed. */
  async #claim([nonces, senders, state], nonce, nowMs) {
    const [whole, expired] = await Promise.all([
      answer(state.get(WHOLE)),
      answer(nonces.index("expiresAtMs").getAll(IDBKeyRange.upperBound(nowMs), SWEEP)),
    ]);
    // Another database than before has forgotten what this one held.
    if (this.#seen.born !== null && this.#seen.born !== whole.born) whole.forgottenMs = Math.max(whole.forgottenMs, this.#seen.latestMs);
    // Dropped before the nonce is looked for, as in memory: what has expired is not held any more.
    for (const { key } of expired) nonces.delete(key);
    const [fresh, counts] = await Promise.all([added(nonces.add(nonce)), countsOf(senders, [nonce, ...expired])]);
    for (const { sender, expiresAtMs } of expired) {
      whole.held -= 1;
      counts.set(sender, counts.get(sender) - 1);
      whole.forgottenMs = Math.max(whole.forgottenMs, expiresAtMs);
    }
    const taken = fresh ? this.#judge(nonce, whole, counts) : "seen";
    if (taken === "stored") {
      whole.held += 1;
      whole.latestMs = Math.max(whole.latestMs, nonce.expiresAtMs);
      counts.set(nonce.sender, counts.get(nonce.sender) + 1);
    } else if (fresh) {
      nonces.delete(nonce.key);
    }
    for (const [sender, count] of counts) count > 0 ? senders.put(count, sender) : senders.delete(sender);
    await answer(state.put(whole, WHOLE));
    this.#seen = { born: whole.born, latestMs: whole.latestMs };
    return taken;
  }

  #judge({ sender, expiresAtMs }, { forgottenMs, held }, counts) {
    if (expiresAtMs <= forgottenMs) return "forgotten";
    // No sender can lock the others out.
    return held >= this.#capacity || counts.get(sender) >= Math.ceil(this.#capacity / 2) ? "full" : "stored";
  }
}

function createStores(database) {
  database.createObjectStore("nonces", { keyPath: "key" }).createIndex("expiresAtMs", "expiresAtMs");
  // Sender → how many it holds: counting them each time would take longer the fuller the store is.
  database.createObjectStore("senders");
  const born = crypto.getRandomValues(new Uint8Array(16)).join("-");
  database.createObjectStore("state").add({ born, held: 0, forgottenMs: 0, latestMs: 0 }, WHOLE);
}

async function countsOf(senders, nonces) {
  const names = [...new Set(nonces.map(({ sender }) => sender))];
  const counts = await Promise.all(names.map((name) => answer(senders.get(name))));
  return new Map(names.map((name, index) => [name, counts[index] ?? 0]));
}

function inWords(error) {
  return error instanceof Error && error.name === "Error" ? error.message : `${error?.name ?? error}`;
}

function forgotten() {
  return errorFor(
    "replay_store_unavailable",
    "nonces that expire as late as this one were dropped or deleted, so whether it was seen is not known",
  );
}
