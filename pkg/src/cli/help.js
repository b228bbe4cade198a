/** What `--help` prints. Every command teaches by an example. */
export const OVERVIEW = `trusthandoff: provable task handoffs between agents, signed and verified locally

usage: trusthandoff COMMAND [OPTIONS] [FILE]      FILE may be - for standard input

  keygen    a new identity: private key, public key, agent id
  sign      fields in JSON -> a signed envelope
  check     form and signature of any signed object; no clock, no trust, no store
  verify    the whole gate: form, signature, trust, audience, time, replay
  approve   a reviewer's signed word on a packet that requires human review
  revoke    a signed word that an agent, packet or capability is trusted no more
  inspect   a signed object for people: every field, every check, what is proven
  sentinel  what is wrong in an event log: attacks, and what nobody authorised
  log       the hash chain and the checkpoints of an event log
  demo      a genuine handoff over two hops, and the attacks on it

exit code: 0 nothing refused or found, 1 something was, 2 unusable arguments or input
also: trusthandoff COMMAND --help, trusthandoff --version; every command takes --json

example, from keys to a verified handoff:
  trusthandoff keygen --out planner
  trusthandoff keygen --out researcher
  echo '{"to_agent": "agent:…", "intent": "Summarize", "permissions": {"allowed_actions": ["read"]}}' > task.json
  trusthandoff sign task.json --key planner/agent.key.pem > envelope.json
  trusthandoff verify envelope.json --self-certifying --audience agent:…`;

export const COMMANDS = {
  keygen: `usage: trusthandoff keygen [--out DIR]

Makes a new identity and prints its agent id. Writes agent.key.pem (readable by you alone) and agent.pub.pem into DIR,
by default the current directory. Existing files are never overwritten.

  --out DIR   where to write; made if missing
  --json      print {"agent_id", "fingerprint", "private_key_file", "public_key_file"}

example:
  trusthandoff keygen --out keys/planner`,

  sign: `usage: trusthandoff sign FILE --key PEM [--form 0.4.0|0.3.3] [--packet]

Signs the packet whose fields stand in FILE as JSON and prints the envelope that travels. What is missing is filled in:
packet_id, task_id, nonce, issued_at, expires_at, and "risk_level": "read". Numbers are signed as they are spelt.

  --key PEM     file with the private key
  --form FORM   signed form: 0.4.0 (default), or 0.3.3 for receivers of that release
  --packet      print the bare packet instead of an envelope

example:
  echo '{"to_agent": "agent:researcher", "intent": "Summarize the findings",
         "permissions": {"allowed_actions": ["read"], "max_tool_calls": 3}}' |
    trusthandoff sign - --key planner/agent.key.pem > envelope.json`,

  check: `usage: trusthandoff check [--jsonl] FILE

Checks form and signature of a packet, an envelope, a capability token or an attestation, and prints one answer:
  {"id": null, "valid": true, "code": null, "form": "0.4.0"}
It reads no clock, asks for no trust and keeps no store: "valid" does not mean "do it". That is what verify is for.

  --jsonl   FILE has a line {"id", "kind", "text"} per object; answers a line each

example:
  trusthandoff check envelope.json`,

  verify: `usage: trusthandoff verify [--jsonl] FILE (--registry FILE | --self-certifying) --audience ID
                           [--now RFC3339] [--strict]

Lets an envelope through the whole gate and prints one answer:
  {"id": null, "decision": "ACCEPT", "code": null, "packet_id": "…", "form": "0.4.0"}
Nonces are kept for this run: the same envelope twice is a replay. A packet that requires human review is accepted with the signed
approval of a reviewer of the registry ("reviewer": true), inside the packet or in its line under "approvals".

  --jsonl             FILE has a line {"id", "text", "now", "approvals"} per envelope; answers a line each
  --registry FILE     whose keys are trusted: {"agent:…": "-----BEGIN PUBLIC KEY-----…"}
  --self-certifying   in its place: trust any key whose agent id is its hash
  --audience ID       the agent id of the receiver
  --now RFC3339       the time to verify at, by default the clock's
  --strict            require a risk level, and proof of every earlier hop

example:
  trusthandoff verify envelope.json --registry agents.json --audience agent:researcher`,

  approve: `usage: trusthandoff approve FILE --key PEM [--deny] [--note TEXT] [--ttl SECONDS] [--agent-id ID]

Signs an approval of the packet or envelope in FILE and prints it. Look at it first, with inspect: what is approved is the
packet without its times, so that the approval outlasts a packet that is signed again.

  --key PEM       file with the reviewer's private key
  --deny          sign a denial: one is enough to refuse the packet
  --note TEXT     what the reviewer adds
  --ttl SECONDS   how long it counts, by default an hour, at most thirty days
  --agent-id ID   the reviewer's id, where it is not the hash of the key

example:
  trusthandoff approve envelope.json --key ana/agent.key.pem --note "after the freeze" > approval.json`,

  revoke: `usage: trusthandoff revoke --key PEM (--agent | --packet FILE | --capability FILE | --target KEY)
                           [--reason TEXT] [--agent-id ID]

Signs a revocation and prints it. It counts where it is from the key that signed what is revoked, from the agent itself, or
from an agent that the receiver's registry lists as a revoker.

  --key PEM           file with the private key
  --agent             revoke the agent of that key, with all its keys
  --packet FILE       a packet, or the one in an envelope
  --capability FILE   a capability token
  --target KEY        anything by its revocation key, such as key|FINGERPRINT
  --reason TEXT       why
  --agent-id ID       the signer's id, where it is not the hash of the key

example:
  trusthandoff revoke --key planner/agent.key.pem --packet envelope.json --reason "sent by mistake" > revocation.json`,

  inspect: `usage: trusthandoff inspect FILE

Shows a signed object to people: every field, every check and what it found, what is proven and what is only claimed.

  --json   the same for machines

example:
  trusthandoff inspect envelope.json`,

  sentinel: `usage: trusthandoff sentinel FILE... [--json | --html OUT] [--fail-on S] [--since RFC3339] [--type T]
                             [--min-severity S] [--rules FILE] [--key PEM] [--checkpoint FILE]

Reads an event log, of this package or of the reference, and tells what it finds: replays, forgeries, use after revocation,
tasks without an accepted packet, results that differ from what was attested, gaps in the log itself. Each with its lines and
what to do. Several files are one log: in the order of time where they overlap, else as they are given. A report for people is at
most a page; everything is in --json, where lines are counted through all files and "places" name them by file.
Exit code 1 if anything from --fail-on on was found.

  --json               a JSON line for each finding, then one for the summary
  --html OUT           write the report as one page that needs nothing else; - for standard output. Only a report is written over
  --fail-on S          the least severity that makes exit code 1, or none; medium by default
  --since RFC3339      findings from then on; what was before is read, because later events rest on it
  --type T             only findings of this type, or of several: T,U
  --min-severity S     only findings from this severity on: info, low, medium, high, critical
  --rules FILE         further rules, as a JSON array
  --key PEM, --checkpoint FILE
                       for the hash chain of the log, as log verify has them

example:
  trusthandoff sentinel events.jsonl --min-severity medium`,

  log: `usage: trusthandoff log verify FILE... [--key PEM] [--checkpoint FILE] [--log-id ID] [--require-sealed] [--min-size N]

Reads an event log against what it carries itself: every line holds the hash of the line before, and signed checkpoints state
the lines before them. Exit code 0 if nothing was altered, added, removed or moved, 1 if something was, or the log falls short of
what was asked of it. Lines behind the last trusted checkpoint are unsealed, and so is what the log's keeper found there when it was
opened and had not sealed: whoever keeps the log could have written them anew. Of several files, in any order, each must name the one
before as that one ended, so that none between them can be missing.

  --key PEM           file with the public key whose checkpoints count; without it those in the log seal nothing, and with it
                      a log in which nothing is sealed counts as broken
  --checkpoint FILE   a checkpoint that was kept elsewhere: what it states must still stand there, at the end too; of several
                      files in one of them
  --log-id ID         the log must be this one, or one that follows it (ID/1, ID/2, ...)
  --require-sealed    every line must be sealed
  --min-size N        there must be at least N lines, of several files in all
  --json              print the report for machines

example:
  trusthandoff log verify events.jsonl --key keeper/agent.pub.pem --checkpoint last-month.json`,

  demo: `usage: trusthandoff demo

A planner hands a task to a researcher, who hands a part of it on to a writer; then attackers try. A line each: the decision,
its code, and what protected whom. Exit code 0 if every attack was refused and both genuine handoffs were accepted.

  --json   a JSON line each

example:
  trusthandoff demo`,
};
