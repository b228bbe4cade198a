/** The registry file being written. The package judges every change; what it refuses is not made. */
import { AgentRegistry } from "trusthandoff/slim";

export class RegistryFile {
  #registry = new AgentRegistry();

  /** In place of all that stands here: the text of a registry file. */
  load(text) {
    this.#registry = AgentRegistry.fromJson(text);
  }

  empty() {
    this.#registry = new AgentRegistry();
  }

  /** Throws `key_conflict` where the agent has another key. What stands there already stays as it is. */
  add(agentId, publicKeyPem) {
    if (this.#registry.has(agentId) && this.agents()[agentId].keys.some(({ public_key_pem: pem }) => pem === publicKeyPem)) {
      throw new Error(`${agentId} stands in the registry already, with this key.`);
    }
    this.#registry.register(agentId, publicKeyPem);
  }

  /** Another key for a known agent; the one before holds for 30 seconds more. */
  rotate(agentId, publicKey) {
    this.#registry.rotate(agentId, publicKey);
  }

  remove(agentId) {
    this.#edit((agents) => delete agents[agentId]);
  }

  /** Changes members of an agent's record: `roots`, `reviewer`, `revoker`. */
  change(agentId, members) {
    this.#edit((agents) => Object.assign(agents[agentId], members));
  }

  /** In a file that is still being written a revocation can be taken back; a gate that has read it never forgets. */
  setRevoked(agentId, revoked) {
    if (revoked) this.#registry.revoke(agentId);
    else this.change(agentId, { revoked_at: null });
  }

  /** Agent id → record. */
  agents() {
    return JSON.parse(this.#registry.toJson());
  }

  /** The file, for people to read too. */
  text() {
    return `${JSON.stringify(this.agents(), null, 2)}\n`;
  }

  #edit(change) {
    const agents = this.agents();
    change(agents);
    this.load(JSON.stringify(agents));
  }
}

/** The actions in a text, one a line: what is in them may hold commas and spaces. */
export function actionsIn(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((action) => action !== "");
}

/** The text in which `actionsIn` finds these actions again; null if there is none, as for an action that holds a line break. */
export function linesOf(actions) {
  const text = actions.join("\n");
  const found = actionsIn(text);
  return found.length === actions.length && found.every((action, index) => action === actions[index]) ? text : null;
}
