/** Keys: made, read, shown in every spelling, kept; and the registry file that binds them to agents. */
import { AgentIdentity } from "trusthandoff/slim";
import { clear, find, h } from "../../ui/dom.js";
import { intake } from "../../ui/intake.js";
import { howKeysAreKept, showKept } from "../../ui/kept_keys.js";
import * as keyring from "../../ui/keyring.js";
import { visible } from "../../ui/text.js";
import { readKey } from "./reading.js";
import { registryBuilder } from "./registry_view.js";
import { showKey } from "./shown_key.js";

export async function start(section, page) {
  const card = find(section, "[data-key]");
  const halves = find(section, "[data-halves]");
  const refusal = find(section, "[data-refusal]");
  const kept = find(section, "[data-kept]");
  const registry = registryBuilder(section, page);
  find(section, "[data-how]").append(howKeysAreKept());
  /** The key in hand: `{ identity, origin, view }`, or null. */
  let current = null;
  let pasted = "";
  drop();

  function take(identity, origin) {
    // A private half that is shown no more is overwritten.
    if (current !== null && current.identity !== identity) current.identity.dispose();
    const onRegister = () => registry.add(identity.agentId, identity.publicKeyPem);
    const view = showKey(card, { identity, origin }, { onKeep: keep, onRegister });
    current = { identity, origin, view };
    page.say(`Key of ${identity.agentId}`);
  }

  function refuse(error) {
    refusal.hidden = error === null;
    clear(refusal, error?.code && h("code", { text: error.code }), error && ` ${visible(error.message)}`);
  }

  function read() {
    refuse(null);
    if (pasted.trim() === "") return (halves.hidden = true);
    try {
      const { identity, secret, raw } = readKey(pasted, { rawIsPrivate: find(halves, ":checked").value === "private" });
      halves.hidden = !raw;
      take(identity, secret ? "private" : "public");
    } catch (error) {
      halves.hidden = true;
      drop();
      refuse(error);
    }
  }

  /** No key in hand: what was read before must not pass for what was given now. */
  function drop() {
    current?.identity.dispose();
    current = null;
    clear(
      card,
      h("p", { class: "empty", text: "Generate or paste a key, and it stands here: its id, its fingerprint, and every spelling." }),
    );
  }

  async function keep(label) {
    try {
      const record = await keyring.keepIdentity(label, current.identity);
      field.set("");
      take(keyring.publicOnly(record.publicKeyPem), "kept");
      page.say(`${label} is kept in this browser.`);
    } catch (error) {
      refuse(error);
    }
    await list();
  }

  async function list() {
    try {
      showKept(kept, await keyring.list(), {
        actions: [{ label: "Show", act: (record) => take(keyring.publicOnly(record.publicKeyPem), "kept") }],
        onForget: async ({ id }) => {
          await keyring.remove(id);
          await list();
        },
      });
    } catch (error) {
      clear(kept, h("li", { class: "soft", text: error.message }));
    }
  }

  const field = intake(find(section, "[data-intake]"), {
    label: "Or paste one: PEM, JWK, or 32 bytes in base64",
    hint: "Private or public. It is read here and sent nowhere.",
    rows: 4,
    limitBytes: 64 << 10,
    onText(text) {
      pasted = text;
      read();
    },
  });
  halves.addEventListener("change", read);
  find(section, "[data-generate]").addEventListener("click", () => {
    field.set("");
    take(AgentIdentity.generate(), "generated");
  });
  return {
    shown: list,
    /** Whoever comes to this screen next sees no private key: the one in hand is shown again only on purpose. */
    left() {
      current?.view.hide();
      field.set("");
    },
  };
}
