import { attestationDigest } from "../attestation.js";
import { ArgumentTypeError, ConfigurationError, configInvalid, errorFor } from "../errors.js";
import { acceptanceOf, localRejection } from "../gate/decision.js";
import { machineOf } from "../gate/middleware.js";
import { callback, callOptions, flag } from "../gate/options.js";
import { AgentIdentity } from "../identity.js";
import { readOptions } from "../plain.js";
import { wallClock } from "../platform.js";
import { processCounters } from "../stores/counters.js";
import { typeName } from "../text.js";
import { pace } from "../watcher.js";
import { Execution } from "./execution.js";
import { attestable, receiptOf } from "./receipt.js";

/**
 * Does what was handed over, under control: the gate decides first, and what runs then may do no more than was delegated, for
 * no longer than it is. With an identity it gives a receipt of what came of it.
 */
export class TrustHandoffExecutor {
  #machine;
  #policy;
  #counters;
  #pace;
  #identity;
  #mustRecord;

  constructor(options) {
    const { gate, counters, policy, strictPolicy, everyMs, jitter, identity, audit } = readOptions(
      options,
      ["gate", "counters", "policy", "strictPolicy", "everyMs", "jitter", "identity", "audit"],
      "TrustHandoffExecutor",
    );
    this.#machine = machineOf(gate);
    this.#policy = callback(policy, "isAllowed", "policy");
    this.#counters = callback(counters === undefined ? processCounters() : counters, "reserve", "counters");
    this.#pace = pace(everyMs, jitter);
    this.#identity = identityOf(identity, this.#machine.options.config.audience);
    this.#mustRecord = auditOf(audit, this.#machine.options.isRecorded);
    if (flag(strictPolicy, "strictPolicy") && this.#policies().length === 0) {
      throw new ConfigurationError("no_policy_provided", "`strictPolicy` needs a `policy`, of the executor or of its gate", { field: "policy" });
    }
  }

  /**
   * Verifies a received envelope and, if it is accepted, runs `fn(task)`. Resolves to what came of it, whatever that is;
   * rejects for misuse only.
   */
  async execute(received, fn, options) {
    if (typeof fn !== "function") throw new ArgumentTypeError(`execute(received, fn) needs a function, not ${typeName(fn)}`, "fn");
    const { parentAttestation, ...call } = callOptions(options, ["approvals", "onReview", "parentAttestation"], "execute");
    const parent = parentAttestation === undefined ? null : attestationDigest(parentAttestation, "`parentAttestation`");
    const request = { __proto__: null, ...call.request, purpose: "execute", policy: this.#policy !== null };
    return this.#run(this.#machine.decide(received, { ...call, request }, { policy: this.#policies() }), fn, parent);
  }

  /** Apart from `execute`, so that what was received is not kept for as long as the task runs. */
  async #run(deciding, fn, parent) {
    const { decision, bytes, recorded } = await deciding;
    const { started, ...outcome } = await this.#outcomeOf(decision, recorded, fn);
    return this.#attested(outcome, started, bytes, parent);
  }

  async #outcomeOf(decision, recorded, fn) {
    if (decision.decision !== "ACCEPT") return rejected(decision);
    let execution;
    try {
      execution = new Execution(decision, acceptanceOf(decision), { counters: this.#counters, ...this.#pace });
    } catch {
      // What was accepted cannot be read: the core has failed since.
      return rejected(localRejection("internal_error"));
    }
    const { packetId, packetDigest, packet } = decision;
    const begun = { packet_id: packetId, packet_digest: packetDigest, from_agent: packet.from_agent, to_agent: packet.to_agent };
    const told = this.#machine.tell("task_started", this.#machine.latest, begun);
    if (this.#mustRecord && !((await recorded) && (await told))) return execution.refuse(unrecorded());
    return { started: true, ...(await execution.run(fn)) };
  }

  /** The outcome with its receipt, and what is to be told of both. */
  async #attested(outcome, started, bytes, parent) {
    const { decision, status } = outcome;
    const packet = this.#identity === null ? null : attestable(decision, bytes);
    const { receipt, unattested, attestation } =
      packet === null
        ? { receipt: null, unattested: null, attestation: null }
        : await receiptOf(this.#identity, {
            ...{ packet, parent, ...outcome },
            nowMs: this.#machine.now() ?? wallClock(),
            timeoutMs: this.#machine.options.storeTimeoutMs,
          });
    const packetId = packet?.id ?? decision.packetId;
    const outcomeHash = attestation?.outcome_hash ?? null;
    if (started) this.#tell("task_finished", { packet_id: packetId, status, outcome_hash: outcomeHash });
    if (attestation !== null) {
      this.#tell("attested", {
        packet_id: packetId,
        status,
        outcome_hash: outcomeHash,
        attestation_digest: attestation.digest,
        signed_by: attestation.signed_by,
        fingerprint: attestation.agent_pubkey_fingerprint,
      });
    }
    if (unattested !== null) this.#tell("unattested", { packet_id: packetId, reason: unattested });
    return Object.freeze({ ...outcome, receipt, unattested });
  }

  #tell(type, payload) {
    return this.#machine.tell(type, this.#machine.now(), payload);
  }

  /** The gate's own policy first, then the executor's. */
  #policies() {
    return [this.#machine.options.hosts.policy, this.#policy].filter((policy) => policy !== null);
  }
}

/** A receipt of somebody whom no packet was for would convince nobody. */
function identityOf(identity, audience) {
  if (identity === undefined) return null;
  if (!(identity instanceof AgentIdentity)) throw configInvalid(`\`identity\` must be an AgentIdentity, not ${typeName(identity, "AgentIdentity")}`, "identity");
  if (!audience.includes(identity.agentId)) throw configInvalid("`identity` must be one of the gate's `audience`", "identity");
  return identity;
}

function auditOf(audit, isRecorded) {
  if (audit === undefined) return false;
  if (audit !== "required") throw configInvalid('`audit` must be "required"', "audit");
  if (!isRecorded) throw configInvalid("`audit` needs a gate with `events`, where something can be recorded", "audit");
  return true;
}

function unrecorded() {
  return errorFor("audit_unavailable", "that the task is accepted and begins could not be recorded, so it was not begun");
}

function rejected(decision) {
  const error = errorFor(decision.code, decision.reason, { field: decision.field });
  return { started: false, decision, status: "REJECTED", result: undefined, error };
}
