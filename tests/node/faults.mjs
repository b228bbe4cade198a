/**
 * The ways in which a host can fail, for every host there is. `found` says whether the callback failed or answered with
 * something odd; `sync` is the same where nothing is awaited. Hosts that answer with an object (`agent`) read it.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** The longest wait of the gates under test, in milliseconds. */
export const TIMEOUT_MS = 40;

/** When an answer comes that is too late, on a busy machine too, and when all of them have come. */
const LATE_MS = 6 * TIMEOUT_MS;
export const allSettled = () => sleep(LATE_MS + TIMEOUT_MS);

const throwingGetter = () =>
  Object.defineProperty({}, "publicKeyPem", {
    enumerable: true,
    get() {
      throw new Error("trap door");
    },
  });

export const FAULTS = {
  throws: {
    reply: () => {
      throw new Error("store is down");
    },
    found: "failed",
  },
  "throws undefined": {
    reply: () => {
      throw undefined;
    },
    found: "failed",
  },
  "throws an error with a throwing code": {
    reply: () => {
      throw Object.defineProperty({}, "code", {
        get() {
          throw new Error("again");
        },
      });
    },
    found: "failed",
  },
  rejects: { reply: async () => Promise.reject(new Error("store is down")), found: "failed", sync: "odd" },
  "never settles": { reply: () => new Promise(() => {}), found: "failed", sync: "odd" },
  "settles late": { reply: (good) => sleep(LATE_MS).then(() => good), found: "failed", sync: "odd" },
  "rejects late": { reply: () => sleep(LATE_MS).then(() => Promise.reject(new Error("late"))), found: "failed", sync: "odd" },
  undefined: { reply: () => undefined, found: "odd" },
  null: { reply: () => null, found: "odd" },
  '"false"': { reply: () => "false", found: "odd" },
  '"true"': { reply: () => "true", found: "odd" },
  0: { reply: () => 0, found: "odd" },
  1: { reply: () => 1, found: "odd" },
  "{}": { reply: () => ({}), found: "odd" },
  "[true]": { reply: () => [true], found: "odd" },
  "a Boolean object": { reply: () => new Boolean(true), found: "odd" },
  "a function": { reply: () => () => true, found: "odd" },
  "a failure of the face's own shape": { reply: () => ({ failure: "error" }), found: "odd" },
  "a step of the core's own shape": { reply: () => ({ done: { decision: "ACCEPT", code: null } }), found: "odd" },
  "a promise of a wrong reply": { reply: async () => 1, found: "odd" },
  "an object whose getter throws": { reply: throwingGetter, found: "odd", agent: "failed" },
  "a thenable whose then throws": {
    reply: () => ({
      get then() {
        throw new Error("trap door");
      },
    }),
    found: "failed",
    sync: "odd",
    syncAgent: "failed",
  },
};
