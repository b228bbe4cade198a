/** The approval desk, in Chromium: what is asked is shown as it is, and the word that is signed counts in a real gate, or refuses. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  AgentIdentity,
  AgentRegistry,
  createEnvelope,
  MemoryNonceStore,
  reviewRequest,
  signPacket,
  TrustHandoffMiddleware,
} from "../../pkg/dist/index.js";
import { axe, playground } from "./site.mjs";

const { open, shots } = playground();
const planner = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));
const deployer = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(2));

const fields = (more = {}) => ({
  to_agent: deployer.agentId,
  intent: "Deploy 1.4.0",
  risk_level: "write",
  permissions: { allowed_actions: ["deploy:/shop/eu", "read"], max_tool_calls: 3 },
  context: { version: "1.4.0", rows: 2n ** 60n },
  constraints: { requires_human_review: true },
  ...more,
});
const packet = (more, options) => signPacket(planner, fields(more), options);
const wire = (more, options) => createEnvelope(packet(more, options));

/** The receiver's gate, which has the reviewer that the page shows in its registry. */
function gateOf({ agentId, publicKeyPem }) {
  const registry = new AgentRegistry().register(planner.agentId, planner.publicKeyPem).register(agentId, publicKeyPem, { reviewer: true });
  return new TrustHandoffMiddleware({ audience: deployer.agentId, registry, nonces: new MemoryNonceStore(), review: { threshold: 1 } });
}

const at = (page, selector) => page.locator(`#approve ${selector}`);
const put = (page, text) => page.getByRole("textbox", { name: "A packet or an envelope" }).fill(text);
const word = async (page) => at(page, "[data-statement]").inputValue();
const press = (page, name) => at(page, "[data-word]").getByRole("button", { name, exact: true }).click();

async function makeKey(page, name = "Ana") {
  await page.getByLabel("A name for the key").fill(name);
  await page.getByRole("button", { name: "Make a key" }).click();
  await at(page, "[data-you] strong").getByText(name).waitFor();
  return reviewerOf(page);
}

/** Who the kept key speaks for, read from the page's own database: the registry of the receiver needs it. */
const reviewerOf = (page) =>
  page.evaluate(async () => {
    const database = await new Promise(
      (resolve) => (indexedDB.open("trusthandoff-keys").onsuccess = ({ target }) => resolve(target.result)),
    );
    const records = await new Promise(
      (resolve) => (database.transaction("keys").objectStore("keys").getAll().onsuccess = ({ target }) => resolve(target.result)),
    );
    database.close();
    const chosen = document.querySelector("#approve code[data-reviewer]").textContent;
    const { agentId, publicKeyPem, privateKey, sealed } = records.find((record) => record.agentId === chosen);
    const exports = await Promise.all(
      ["pkcs8", "jwk"].map((format) =>
        crypto.subtle.exportKey(format, privateKey ?? sealed.key).then(
          () => "exported",
          ({ name }) => name,
        ),
      ),
    );
    return { agentId, publicKeyPem, exports };
  });

test("an approval signed here makes a real gate accept, and a denial makes it refuse", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  const reviewer = await makeKey(page);
  for (const [button, wanted] of [
    ["Approve", null],
    ["Deny", "human_review_denied"],
  ]) {
    const received = wire();
    const gate = gateOf(reviewer);
    await put(page, received);
    await page.getByLabel("A note, signed with it").fill("after the freeze ✓");
    await page.getByLabel("Counts for").selectOption("a day");
    await press(page, button);
    await at(page, "[data-signed] .verdict").waitFor();
    const statement = await word(page);
    assert.equal(JSON.parse(statement).note, "after the freeze ✓");
    assert.equal(Date.parse(JSON.parse(statement).expires_at) - Date.parse(JSON.parse(statement).issued_at), 86_400_000);
    assert.equal((await gate.handle(received)).code, "human_review_required");
    assert.equal((await gate.handle(received, { approvals: [statement] })).code, wanted);
    // And what the page said of it beforehand is what the gate says.
    assert.equal(await at(page, "[data-signed] .verdict").getAttribute("data-decision"), wanted === null ? "ACCEPT" : "REJECT");
    assert.equal(
      (await at(page, "[data-signed] .verdict code").count()) === 0
        ? null
        : await at(page, "[data-signed] .verdict code").first().textContent(),
      wanted,
    );
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      at(page, "[data-signed]").getByRole("button", { name: /^Save/ }).click(),
    ]);
    assert.equal(readFileSync(await download.path(), "utf8"), statement);
    await at(page, "[data-signed]").getByRole("button", { name: "Copy" }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), statement);
  }
  assert.deepEqual(complaints(), []);
  await close();
});

test("the key cannot be read out and survives a reload; an imported one is forgotten as text", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  const made = await makeKey(page, "Made here");
  assert.deepEqual(made.exports, ["InvalidAccessError", "InvalidAccessError"]);
  await page.reload();
  await page.waitForSelector("#approve[data-ready]");
  assert.equal(await at(page, "code[data-reviewer]").textContent(), made.agentId);

  const ana = AgentIdentity.generate();
  await page.getByText("Make or import a key", { exact: true }).click();
  const pem = page.getByLabel("Private key, PKCS#8 PEM");
  await pem.fill("-----BEGIN PRIVATE KEY-----\nhello\n-----END PRIVATE KEY-----");
  await page.getByRole("button", { name: "Import" }).click();
  await at(page, "[data-reviewer] .refusal").getByText("private_key_invalid").waitFor();
  assert.equal(await pem.inputValue(), "");
  await page.getByLabel("A name for the key").fill("Imported");
  await pem.fill(ana.privateKeyPem().trim());
  await page.getByRole("button", { name: "Import" }).click();
  await at(page, "[data-you] strong").getByText("Imported").waitFor();
  assert.equal(await pem.inputValue(), "");
  const imported = await reviewerOf(page);
  assert.deepEqual([imported.agentId, ...imported.exports], [ana.agentId, "InvalidAccessError", "InvalidAccessError"]);
  assert.ok(!(await page.content()).includes("BEGIN PRIVATE KEY"));
  const received = wire();
  await put(page, received);
  await press(page, "Approve");
  await at(page, "[data-signed] .verdict").waitFor();
  assert.equal((await gateOf(ana).handle(received, { approvals: [await word(page)] })).code, null);
  assert.deepEqual(complaints(), []);
  await close();
});

test("what is asked stands there in full, also what would hide or mislead", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  const intent = 'Pay <b>nobody</b>\u202e evil\u0000 "x"';
  const received = packet({
    intent,
    memory_refs: ["mem:1"],
    goal: "Ship",
    ai_provenance: { source: "assistant", model: "m" },
    constraints: { requires_human_review: true, data_boundary: "eu", max_runtime_seconds: 600 },
  });
  await put(page, received.text);
  const text = await at(page, "[data-request]").textContent();
  for (const part of [
    planner.agentId,
    deployer.agentId,
    'Pay <b>nobody</b>⟨U+202E⟩ evil⟨U+0000⟩ "x"',
    "may not be undoable",
    "deploy:/shop/eu",
    "3 tool calls",
    "in 1 minute 59 seconds",
    "1152921504606846976",
    "mem:1",
    "Ship",
    "AI",
    "assistant",
    "data stays within eu",
    "at most 10 minutes",
    reviewRequest(received.text).reviewDigest,
  ]) {
    assert.ok(text.includes(part), part);
  }
  assert.equal(await at(page, "[data-request] b").count(), 0);
  assert.deepEqual(complaints(), []);
  await close();
});

test("what only a model reads stands there as codes: tags, fillers, selectors of variants, blanks", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  const hidden = "\u{e0064}\u{e006f}\u{e01ef}\u3164\u034f\u2800\u2064\ufe0f\ue000";
  await put(page, wire({ intent: `Deploy${hidden}. ❤️ Größe 東京` }));
  const codes = ["E0064", "E006F", "E01EF", "3164", "034F", "2800", "2064", "FE0F", "E000"].map((code) => `⟨U+${code}⟩`).join("");
  assert.equal(await at(page, ".intent").textContent(), `Deploy${codes}. ❤️ Größe 東京`);
  await put(page, wire({ permissions: { allowed_actions: ["read:/\u{e0041}"], max_tool_calls: 1 } }));
  assert.equal(await at(page, ".actions code").textContent(), "read:/⟨U+E0041⟩");
  await put(page, wire({ intent: `Deploy${"\n".repeat(40)}and delete the backups` }));
  await at(page, "[data-request]").getByText("in 41 lines: scroll to its end").waitFor();
  assert.deepEqual(complaints(), []);
  await close();
});

test("an action stands in the order of its characters, also with letters that are read from the right", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  await put(page, wire({ permissions: { allowed_actions: ["read:/א1/ב2/public"], max_tool_calls: 1 } }));
  const lefts = await at(page, ".actions code").evaluate(({ firstChild: text }) =>
    Array.from(text.data, (_, index) => {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + 1);
      return range.getBoundingClientRect().left;
    }),
  );
  assert.deepEqual(lefts, lefts.toSorted((a, b) => a - b));
  assert.deepEqual(complaints(), []);
  await close();
});

test("a name that anybody can take is told apart from one that is the hash of its key", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  await put(page, wire());
  assert.equal(await at(page, "[data-request] [data-name]").getAttribute("data-name"), "proven");
  const impostor = AgentIdentity.generate({ agentId: "agent:chief" });
  const envelope = JSON.parse(createEnvelope(signPacket(impostor, fields({ context: {} }))));
  envelope.chain = { agents: ["agent:ghost", "agent:chief"], packet_ids: ["pk-0", envelope.packet.packet_id], hops: [] };
  await put(page, JSON.stringify(envelope));
  const line = at(page, "[data-request] [data-name]");
  assert.match(await line.textContent(), /^name only claimed Signed, but nothing here binds this name to the key/);
  assert.ok((await line.textContent()).includes(impostor.fingerprint));
  await at(page, "[data-way] ol").first().waitFor();
  assert.deepEqual(await at(page, "[data-way] .chip").allTextContents(), ["claimed", "proven", "name only claimed"]);
  assert.deepEqual(complaints(), []);
  await close();
});

/** Takes the request to the inspector and makes a link there; gives what of it stands behind the panel's name. */
async function linkOf(page) {
  await page.getByRole("button", { name: "Look closer in the inspector" }).click();
  await page.click("#inspect [data-share]");
  await page.waitForFunction(() => document.querySelector("#inspect [data-summary] input").value !== "");
  return (await page.locator("#inspect [data-summary] input").inputValue()).split("#inspect/")[1];
}

test("a request that a link puts in the place of another is not decided by the press that was meant for that one", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  await makeKey(page);
  await put(page, wire({ intent: "Delete everything" }));
  const argument = await linkOf(page);
  await page.evaluate(() => (location.hash = "approve"));
  await put(page, wire({ intent: "Read the news" }));
  // The page's clock stands still, so that the press comes in time on a busy machine too.
  await page.evaluate((to) => {
    const now = performance.now();
    globalThis.passed = 0;
    performance.now = () => now + globalThis.passed;
    location.hash = `approve/${to}`;
  }, argument);
  await at(page, ".intent").getByText("Delete everything").waitFor();
  await press(page, "Approve");
  await at(page, "[data-signed] .refusal").getByText("Read it, then decide").waitFor();
  assert.equal(await at(page, "[data-statement]").count(), 0);
  await page.evaluate(() => (globalThis.passed = 1600));
  await press(page, "Approve");
  await at(page, "[data-signed] .verdict").waitFor();
  assert.deepEqual(complaints(), []);
  await close();
});

test("what cannot be decided is refused in one line, with its code", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  await makeKey(page);
  for (const [text, code] of [
    [wire().replace("1.4.0", "6.6.6"), "invalid_signature"],
    ["hello", "malformed_json"],
    ["{}", "missing_field"],
    [`${"[".repeat(200)}`, "nesting_too_deep"],
  ]) {
    await put(page, text);
    assert.equal(await at(page, "[data-request] .verdict code").first().textContent(), code);
    assert.equal(await at(page, "[data-word]").isVisible(), false);
  }
  assert.deepEqual(complaints(), []);
  await close();
});

test("an expired copy is told, and the word on it counts for the packet issued again", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  const reviewer = await makeKey(page);
  const again = { packet_id: "pk-again", nonce: "n-again" };
  await put(page, wire(again, { now: Date.now() - 600_000 }));
  assert.match(await at(page, "[data-obstacles] p").textContent(), /^expired This copy expired \d+ minutes ago/);
  await press(page, "Approve");
  await at(page, "[data-signed] .verdict").waitFor();
  assert.equal(await at(page, "[data-signed] .verdict code").first().textContent(), "expired");
  assert.equal(
    (await gateOf(reviewer).handle(wire({ ...again, task_id: undefined }), { approvals: [await word(page)] })).code,
    "human_review_required",
    "another task is other content",
  );
  const issued = packet({ ...again, task_id: "task-1" }, { now: Date.now() - 600_000 });
  await put(page, issued.text);
  await press(page, "Approve");
  await at(page, "[data-signed] .verdict").waitFor();
  assert.equal((await gateOf(reviewer).handle(wire({ ...again, task_id: "task-1" }), { approvals: [await word(page)] })).code, null);
  assert.deepEqual(complaints(), []);
  await close();
});

test("a copy that expires while a person reads is told then, and her note stays", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  await put(page, wire({ ttl_seconds: 3 }, { now: Date.now() }));
  await page.getByLabel("A note, signed with it").fill("half a sen");
  assert.equal(await at(page, "[data-obstacles] p").count(), 0);
  await at(page, "[data-obstacles]").getByText("expired", { exact: true }).waitFor();
  assert.match(await at(page, "[data-until]").textContent(), /ago$/);
  assert.equal(await page.getByLabel("A note, signed with it").inputValue(), "half a sen");
  assert.deepEqual(complaints(), []);
  await close();
});

test("a word that no gate counts is not signed: of the sender, of the receiver", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  const buttons = () =>
    Promise.all(["Approve", "Deny"].map((name) => at(page, "[data-word]").getByRole("button", { name, exact: true }).isEnabled()));
  const line = () => at(page, "[data-obstacles] p").textContent();
  await put(page, wire());
  assert.deepEqual(await buttons(), [false, false], "without a key");
  const pem = page.getByLabel("Private key, PKCS#8 PEM");
  for (const [identity, role] of [
    [planner, "sender"],
    [deployer, "receiver"],
  ]) {
    if (!(await pem.isVisible())) await page.getByText("Make or import a key", { exact: true }).click();
    await page.getByLabel("A name for the key").fill(role);
    await pem.fill(identity.privateKeyPem());
    await page.getByRole("button", { name: "Import" }).click();
    await at(page, "[data-obstacles]").getByText(`You are the ${role} of this packet`).waitFor();
    assert.match(await line(), /^human_review_required /);
    assert.deepEqual(await buttons(), [false, false]);
  }
  await page.getByText("Make or import a key", { exact: true }).click();
  const reviewer = await makeKey(page);
  await put(page, wire({ constraints: null }));
  assert.match(await line(), /does not ask for review/);
  assert.deepEqual(await buttons(), [true, true]);
  const received = wire({ constraints: null });
  await put(page, received);
  await press(page, "Deny");
  await at(page, "[data-signed] .verdict").waitFor();
  assert.equal((await gateOf(reviewer).handle(received, { approvals: [await word(page)] })).code, "human_review_denied");
  assert.deepEqual(complaints(), []);
  await close();
});

test("the next packet of a sender is compared with the last that was approved, across a reload", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  await makeKey(page);
  await put(page, wire());
  await at(page, "[data-compared]").getByText("You have approved nothing of this sender").waitFor();
  await press(page, "Approve");
  await at(page, "[data-history] tbody tr").waitFor();
  await page.reload();
  await page.waitForSelector("#approve[data-ready]");
  await put(page, wire());
  await at(page, "[data-compared]").getByText("Nothing differs in content").waitFor();
  await put(
    page,
    wire({
      intent: "Deploy 1.4.1",
      permissions: { allowed_actions: ["read", "deploy:/shop/*"], max_tool_calls: 3 },
      context: { version: "1.4.0", force: true, list: [2, 1], none: null },
    }),
  );
  await at(page, "[data-compared] table").waitFor();
  const rows = await at(page, "[data-compared] tbody tr").evaluateAll((all) =>
    all.map((row) => [row.dataset.kind, ...[...row.querySelectorAll("th code, td")].map(({ textContent }) => textContent)]),
  );
  assert.deepEqual(rows, [
    ["changed", "intent", "Deploy 1.4.0", "Deploy 1.4.1"],
    ["removed", "permissions.allowed_actions", "deploy:/shop/eu", "not there"],
    ["added", "permissions.allowed_actions", "not there", "deploy:/shop/*"],
    ["added", "context.force", "not there", "true"],
    ["added", "context.list", "not there", "[2, 1]"],
    ["added", "context.none", "not there", "null"],
    ["removed", "context.rows", "1152921504606846976", "not there"],
  ]);
  // A name with a dot is not two names.
  await put(page, wire({ context: { version: "1.4.0", rows: 2n ** 60n, "a.b": 1 } }));
  await press(page, "Approve");
  await at(page, "[data-history] tbody tr").nth(1).waitFor();
  await put(page, wire({ context: { version: "1.4.0", rows: 2n ** 60n, a: { b: 1 } } }));
  await at(page, "[data-compared] table").waitFor();
  const names = () => at(page, "[data-compared] tbody th code").allTextContents();
  assert.deepEqual(await names(), ['context."a.b"', "context.a.b"]);
  await put(page, wire());
  await press(page, "Approve");
  await at(page, "[data-history] tbody tr").nth(2).waitFor();
  // A text that reads like a number is still another value.
  await put(page, wire({ context: { version: "1.4.0", rows: String(2n ** 60n) } }));
  await at(page, "[data-compared] table").waitFor();
  assert.match(await at(page, "[data-compared] tbody tr").textContent(), /^context\.rowschanged1152921504606846976"1152921504606846976"$/);
  // Another key under the sender's name is another sender.
  const impostor = AgentIdentity.generate({ agentId: planner.agentId });
  await put(page, createEnvelope(signPacket(impostor, fields())));
  await at(page, "[data-compared]").getByText("You have approved nothing of this sender").waitFor();
  assert.deepEqual(complaints(), []);
  await close();
});

test("an example shows its whole chain as proven, and what an envelope only claims as claimed", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  await makeKey(page);
  await page.getByRole("button", { name: "Try an example" }).click();
  await at(page, "[data-way] ol").first().waitFor();
  const chips = () => at(page, "[data-way] .chip").allTextContents();
  assert.deepEqual(await chips(), Array(5).fill("proven"));
  await press(page, "Approve");
  await at(page, "[data-signed] .verdict[data-decision=ACCEPT]").waitFor();
  await page.getByRole("button", { name: "The same sender, next time" }).click();
  await at(page, "[data-compared] table").waitFor();
  assert.ok((await at(page, "[data-compared] tbody tr").count()) >= 4);
  await page.getByRole("button", { name: "Changed on the way" }).click();
  assert.equal(await at(page, "[data-request] .verdict code").first().textContent(), "invalid_signature");
  const envelope = JSON.parse(wire({ context: {} }));
  envelope.chain = { agents: ["agent:ghost", planner.agentId], packet_ids: ["pk-0", envelope.packet.packet_id], hops: [] };
  await put(page, JSON.stringify(envelope));
  await at(page, "[data-way] ol").first().waitFor();
  assert.deepEqual(await chips(), ["claimed", "proven"]);
  assert.deepEqual(complaints(), []);
  await close();
});

test("a packet that is looked at closer stands in no address, so that no history keeps it", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  const text = wire({ intent: "Keep this to yourself" });
  await put(page, text);
  await page.getByRole("button", { name: "Look closer in the inspector" }).click();
  await page.waitForSelector("#inspect [data-summary]");
  assert.equal(await page.locator("#inspect textarea").first().inputValue(), text);
  await page.goBack();
  await page.waitForSelector("#approve:not([hidden])");
  await page.goForward();
  await page.waitForSelector("#inspect:not([hidden])");
  assert.equal(await page.locator("#inspect textarea").first().inputValue(), text);
  await page.evaluate(() => (location.hash = "attack"));
  await page.locator("#attack [data-verdict] .verdict").waitFor();
  await page.locator("#attack").getByRole("button", { name: "Inspect" }).click();
  await page.waitForSelector("#inspect:not([hidden])");
  assert.notEqual(await page.locator("#inspect textarea").first().inputValue(), text);
  const hashes = await page.evaluate(() => navigation.entries().map(({ url }) => new URL(url).hash));
  assert.deepEqual(hashes, ["#approve", "#inspect", "#attack", "#inspect"]);
  assert.deepEqual(complaints(), []);
  await close();
});

test("a request goes to the inspector and comes back in a link", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  await put(page, wire({ intent: "Look at me" }));
  const argument = await linkOf(page);
  const other = await open({ hash: `approve/${argument}` });
  await at(other.page, ".intent").getByText("Look at me").waitFor();
  const cut = await open({ hash: `approve/${argument.slice(0, 40)}` });
  await at(cut.page, "[data-request] .refusal").waitFor();
  for (const each of [complaints, other.complaints, cut.complaints]) assert.deepEqual(each(), []);
  for (const each of [close, other.close, cut.close]) await each();
});

test("a word that was signed is handed out even where no gate can be tried with the envelope", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  const reviewer = await makeKey(page);
  const text = wire({ context: {} });
  const envelope = JSON.parse(text);
  // Nobody has signed what stands around the packet: a name that no registry takes.
  const before = JSON.parse(signPacket(planner, { to_agent: planner.agentId, intent: "Earlier" }).text);
  envelope.proof = { packets: [{ ...before, from_agent: "agent:\u202egnp" }], capabilities: [] };
  await put(page, JSON.stringify(envelope));
  await press(page, "Approve");
  const untried = at(page, "[data-signed] [data-untried]");
  await untried.waitFor();
  assert.match(await untried.textContent(), /^No gate could be tried with this envelope: agent_id_invalid .*printable ASCII/);
  await at(page, "[data-history]").getByText("Deploy 1.4.0").waitFor();
  // It counts where the envelope is as its sender made it.
  assert.equal((await gateOf(reviewer).handle(text, { approvals: [await word(page)] })).code, null);
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(complaints(), []);
  await close();
});

test("decisions are kept in this browser and can be forgotten, one or all", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  await makeKey(page);
  for (const [intent, button] of [
    ["First", "Approve"],
    ["Second", "Deny"],
    ["Third", "Approve"],
  ]) {
    await put(page, wire({ intent }));
    // A double click decides once.
    await at(page, "[data-word]").getByRole("button", { name: button, exact: true }).dblclick();
    await at(page, "[data-history]").getByText(intent).waitFor();
  }
  const rows = at(page, "[data-history] tbody tr");
  await page.reload();
  await page.waitForSelector("#approve[data-ready]");
  assert.deepEqual(await rows.evaluateAll((all) => all.map(({ dataset }) => dataset.decision)), ["APPROVED", "DENIED", "APPROVED"]);
  await at(page, "[data-history]").getByRole("button", { name: "Forget: Second" }).click();
  await at(page, "[data-history]")
    .getByRole("button", { name: /^Really\?/ })
    .click();
  await page.waitForFunction(() => document.querySelectorAll("#approve [data-history] tbody tr").length === 2);
  await page.getByRole("button", { name: "Forget all decisions" }).click();
  await page.getByRole("button", { name: /^Really\?/ }).click();
  await at(page, "[data-history]").getByText("Nothing yet.").waitFor();
  assert.deepEqual(complaints(), []);
  await close();
});

test("a word that this browser cannot keep is handed out all the same", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  const reviewer = await makeKey(page);
  await page.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...record) {
      if (this.name !== "decisions") return put.apply(this, record);
      // As where the disk is full.
      queueMicrotask(() => this.transaction.abort());
      return this.get("none");
    };
  });
  const received = wire({ constraints: { requires_human_review: true, max_runtime_seconds: 0 } });
  await put(page, received);
  await at(page, "[data-request]").getByText("no time to run").waitFor();
  await press(page, "Approve");
  await at(page, "[data-signed] .caution").getByText("could not keep it").waitFor();
  assert.equal((await gateOf(reviewer).handle(received, { approvals: [await word(page)] })).code, null);
  assert.deepEqual(complaints(), []);
  await close();
});

test("by keyboard alone a request is opened, read and approved", async () => {
  const { page, complaints, close } = await open({ hash: "approve" });
  const to = async (name) => {
    for (let stops = 0; stops < 60; stops += 1) {
      await page.keyboard.press("Tab");
      if ((await page.evaluate(() => document.activeElement.textContent)) === name) return;
    }
    assert.fail(`${name} is not reached by Tab`);
  };
  await to("Make a key");
  await page.keyboard.press("Enter");
  await at(page, "code[data-reviewer]").waitFor();
  await page.locator("#approve").focus();
  await to("Try an example");
  await page.keyboard.press("Enter");
  await to("Approve");
  await page.keyboard.press("Enter");
  await at(page, "[data-signed] .verdict[data-decision=ACCEPT]").waitFor();
  await page.waitForFunction(() => /Approved and signed/.test(document.querySelector("#said").textContent));
  assert.deepEqual(complaints(), []);
  await close();
});

test("axe finds nothing in a full desk, which fits a phone; pictures", async () => {
  const fill = async (page) => {
    await makeKey(page, "Ana, on this laptop");
    await page.getByRole("button", { name: "Try an example" }).click();
    await at(page, "[data-way] ol").first().waitFor();
    await press(page, "Approve");
    await at(page, "[data-history] tbody tr").waitFor();
    await page.getByRole("button", { name: "The same sender, next time" }).click();
    await at(page, "[data-compared] table").waitFor();
    await at(page, "[data-way] ol").first().waitFor();
  };
  for (const theme of ["light", "dark"]) {
    const { page, complaints, close } = await open({ hash: "approve", theme, phone: theme === "light", still: true });
    await fill(page);
    assert.deepEqual(await axe(page), []);
    await press(page, "Deny");
    await at(page, "[data-signed] .verdict").waitFor();
    assert.deepEqual(await axe(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assert.deepEqual(complaints(), []);
    await close();
  }
  await shots("approve", { hash: "approve" }, fill);
  await shots("approve-signed", { hash: "approve" }, async (page) => {
    await fill(page);
    await press(page, "Approve");
    await at(page, "[data-signed] .verdict").waitFor();
  });
});
