/** What was received, beside the packet that the core has verified: the envelope around it, which nobody has signed. */

/** `{ wire, chain, proof }`: the envelope's text, who its chain names, and what it carries to prove it. */
export function received(text) {
  const value = JSON.parse(text);
  const envelope = typeof value.packet === "object" ? value : null;
  return {
    isEnvelope: envelope !== null,
    chain: texts(envelope?.chain?.agents),
    packets: (Array.isArray(envelope?.proof?.packets) ? envelope.proof.packets : []).map((each) =>
      typeof each === "string" ? JSON.parse(each) : each,
    ),
    tokens: texts(envelope?.proof?.capabilities),
  };
}

function texts(list) {
  return Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
}
