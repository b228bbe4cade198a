/** The panel on keys, in Chromium: every spelling in and out, kept keys that nobody reads out, and a registry file for real gates. */
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import {
  AgentIdentity,
  AgentRegistry,
  createEnvelope,
  issueCapability,
  MemoryNonceStore,
  signPacket,
  TrustHandoffMiddleware,
} from "../../pkg/dist/index.js";
import { root } from "../runtimes/project.mjs";
import { axe, playground } from "./site.mjs";

const { browser, open, shots } = playground();
const run = promisify(execFile);
const planner = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));
const researcher = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(2));
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

/** The key that the panel shows: id, fingerprint and the public spellings. */
const shown = (page) =>
  page.locator("#keys [data-key]").evaluate((card) => ({
    id: card.querySelectorAll("dd code")[0].textContent,
    fingerprint: card.querySelectorAll("dd code")[1].textContent,
    spellings: [...card.querySelectorAll(".spelling textarea")].map(({ value }) => value),
  }));
const paste = (page, text) => page.getByRole("textbox", { name: "Or paste one" }).fill(text);
const refusal = (page) => page.locator("#keys [data-refusal]").textContent();

test("a generated key is shown in spellings that other programs read, its private half only on purpose", async () => {
  const { page, complaints, close } = await open({ hash: "keys" });
  await page.getByRole("button", { name: "Generate a key" }).click();
  const { id, fingerprint, spellings } = await shown(page);
  assert.equal(spellings.length, 3);
  assert.ok(!(await page.content()).includes("BEGIN PRIVATE KEY"), "the private key stands in the page before it was asked for");
  const [pem, jwk, raw] = spellings;
  assert.equal(createPublicKey(pem).export({ format: "jwk" }).x, JSON.parse(jwk).x);
  assert.equal(Buffer.from(JSON.parse(jwk).x, "base64url").toString("base64"), raw);
  await page.getByRole("button", { name: "Show the private key" }).click();
  const privatePem = await page.getByRole("textbox", { name: "Private key, PEM" }).inputValue();
  const privateJwk = JSON.parse(await page.getByRole("textbox", { name: "Private key, JWK" }).inputValue());
  assert.equal(createPublicKey(createPrivateKey(privatePem)).export({ type: "spki", format: "pem" }).trim(), pem);
  const restored = AgentIdentity.fromPrivateKeyPem(privatePem);
  assert.deepEqual([restored.agentId, restored.fingerprint, AgentIdentity.fromJwk(privateJwk).agentId], [id, fingerprint, id]);
  await page.getByRole("button", { name: "Hide it again" }).click();
  assert.equal(await page.getByRole("textbox", { name: "Private key, PEM" }).count(), 0);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save as agent.pub.pem" }).click(),
  ]);
  assert.equal(readFileSync(await download.path(), "utf8"), AgentIdentity.fromPrivateKeyPem(privatePem).publicKeyPem);
  assert.deepEqual(complaints(), []);
  await close();
});

test("every spelling of a key is read, and one that is none is refused in one line", async () => {
  const { page, complaints, close } = await open({ hash: "keys" });
  for (const [text, hasPrivate] of [
    [planner.privateKeyPem(), true],
    [planner.privateKeyPem().replaceAll("\n", "\r\n").trim(), true],
    [planner.publicKeyPem.trim(), false],
    [JSON.stringify(planner.privateKeyJwk()), true],
    [JSON.stringify(planner.publicKeyJwk(), null, 2), false],
    [base64(planner.publicKey), false],
    [Buffer.from(planner.publicKey).toString("base64url"), false],
  ]) {
    await paste(page, "");
    await paste(page, text);
    assert.equal((await shown(page)).id, planner.agentId, text);
    assert.equal((await page.getByRole("button", { name: "Show the private key" }).count()) === 1, hasPrivate, text);
    assert.equal(await page.locator("#keys [data-refusal]").isVisible(), false);
  }
  // 32 bytes alone are either half: a person says which.
  await paste(page, base64(new Uint8Array(32).fill(1)));
  await page.getByLabel("a private key").check();
  assert.equal((await shown(page)).id, planner.agentId);
  for (const [text, wanted] of [
    ["hello", /^ This is no key: neither PEM/],
    ["{", /no JSON/],
    [JSON.stringify({ ...planner.privateKeyJwk(), x: researcher.publicKeyJwk().x }), /^private_key_invalid /],
    [planner.publicKeyPem.replace("MCow", "MCoX"), /^public_key_encoding_invalid /],
    [`${base64(new Uint8Array(31))}`, /no key/],
    ["<img src=x onerror=alert(1)>\u202e", /no key/],
  ]) {
    await paste(page, text);
    assert.match(await refusal(page), wanted, text);
  }
  await paste(page, JSON.stringify({ kty: "OKP", crv: "Ed25519", x: Buffer.alloc(32).toString("base64url") }));
  assert.match(await refusal(page), /^weak_public_key /);
  assert.deepEqual(complaints(), []);
  await close();
});

test("whether an id belongs to a key is told", async () => {
  const { page, complaints, close } = await open({ hash: "keys" });
  await paste(page, planner.publicKeyPem);
  const field = page.getByLabel("Does an id belong to it?");
  await field.fill(planner.agentId);
  await page.getByText("belongs to it", { exact: true }).waitFor();
  await field.fill(researcher.agentId);
  await page.getByText("not its hash").waitFor();
  assert.deepEqual(complaints(), []);
  await close();
});

test("a kept key survives a reload, signs, and cannot be read out; forgetting it takes two presses", async () => {
  const { page, complaints, close } = await open({ hash: "keys" });
  await paste(page, planner.privateKeyPem());
  await page.getByLabel("A name for the kept key").fill("Planner <b>");
  await page.getByRole("button", { name: "Keep in this browser" }).click();
  await page.getByRole("button", { name: "Show: Planner <b>" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Or paste one" }).inputValue(), "", "the private key still stands in the page");
  assert.equal(await page.getByRole("button", { name: "Show the private key" }).count(), 0);
  await page.reload();
  await page.waitForSelector("#keys[data-ready]");
  await page.getByRole("button", { name: "Show: Planner <b>" }).click();
  assert.equal((await shown(page)).id, planner.agentId);
  const found = await page.evaluate(async () => {
    const database = await new Promise(
      (resolve) => (indexedDB.open("trusthandoff-keys").onsuccess = ({ target }) => resolve(target.result)),
    );
    const [record] = await new Promise(
      (resolve) => (database.transaction("keys").objectStore("keys").getAll().onsuccess = ({ target }) => resolve(target.result)),
    );
    const key = record.privateKey ?? record.sealed.key;
    const exports = await Promise.all(
      ["pkcs8", "jwk"].map((format) =>
        crypto.subtle.exportKey(format, key).then(
          () => "exported",
          ({ name }) => name,
        ),
      ),
    );
    return {
      exports,
      extractable: key.extractable,
      members: Object.keys(record).sort(),
      signature: record.privateKey && (await crypto.subtle.sign("Ed25519", key, new Uint8Array(3))).byteLength,
      told: document.querySelector("#keys [data-how]").textContent,
    };
  });
  assert.deepEqual(found.exports, ["InvalidAccessError", "InvalidAccessError"]);
  // Browsers without Ed25519 in WebCrypto keep it encrypted under a key that cannot be read out, and say that this is less.
  const hasEd25519 = Number(browser().version().split(".")[0]) >= 137;
  assert.deepEqual([found.extractable, found.signature], [false, hasEd25519 ? 64 : undefined]);
  assert.match(found.told, hasEd25519 ? /nobody can read it out\.$/ : /no Ed25519 in WebCrypto: a key is kept encrypted/);
  const secret = hasEd25519 ? ["privateKey", "publicKeyPem"] : ["publicKeyPem", "sealed"];
  assert.deepEqual(found.members, ["agentId", "fingerprint", "id", "keptAt", "label", "origin", ...secret]);
  // A double click is one press: nobody has read the question in between.
  await page.getByRole("button", { name: "Forget: Planner <b>" }).dblclick();
  assert.equal(await page.getByRole("button", { name: "Show: Planner <b>" }).count(), 1);
  await page.getByRole("button", { name: /Really\?/ }).click();
  await page.getByText("None yet.").waitFor();
  assert.deepEqual(complaints(), []);
  await close();
});

/** Adds a public key to the registry by its form. */
async function add(page, key, id = "") {
  await page.getByLabel("Public key to add").fill(key);
  await page.getByLabel("Agent id, if").fill(id);
  await page.getByRole("button", { name: "Add", exact: true }).click();
}

test("the registry that is built decides in a real gate and on the command line", async (t) => {
  const { page, complaints, close } = await open({ hash: "keys" });
  const ana = AgentIdentity.generate();
  await paste(page, planner.publicKeyPem);
  await page.getByRole("button", { name: "Add to the registry" }).click();
  await add(page, JSON.stringify(researcher.publicKeyJwk()));
  await add(page, base64(ana.publicKey), "agent:ana");
  const item = (id) => page.locator(`#keys [data-agent="${id}"]`);
  await item(planner.agentId).getByLabel("Root for these actions").fill("read\nfetch:https://api.example.com/**");
  await item("agent:ana").getByLabel("reviewer").check();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save registry.json" }).click()]);
  const text = readFileSync(await download.path(), "utf8");
  const record = JSON.parse(text);
  assert.deepEqual(record[planner.agentId].roots, ["read", "fetch:https://api.example.com/**"]);
  assert.deepEqual([record["agent:ana"].reviewer, record["agent:ana"].revoker, record[researcher.agentId].reviewer], [true, false, false]);

  const right = issueCapability(planner, { subject_agent: planner.agentId, allowed_actions: ["read"] });
  const wire = createEnvelope(
    signPacket(planner, {
      to_agent: researcher.agentId,
      intent: "Read",
      permissions: { allowed_actions: ["read"] },
      capability_token: right.token,
    }),
  );
  const gate = new TrustHandoffMiddleware({
    audience: researcher.agentId,
    registry: AgentRegistry.fromJson(text),
    nonces: new MemoryNonceStore(),
  });
  assert.equal((await gate.handle(wire)).code, null);

  const folder = mkdtempSync(join(tmpdir(), "trusthandoff-keys-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "registry.json"), text);
  writeFileSync(join(folder, "envelope.json"), wire);
  const command = await page.locator("#keys [data-command]").textContent();
  const program = join(root, "pkg/dist/bin/trusthandoff.js");
  const { stdout } = await run("sh", ["-c", command.replace("npx trusthandoff", `'${process.execPath}' '${program}'`)], { cwd: folder });
  assert.equal(JSON.parse(stdout).decision, "ACCEPT");

  await item(planner.agentId).getByLabel("revoked").check();
  const revoked = AgentRegistry.fromJson(await page.locator("#keys [data-registry]").inputValue());
  const strict = new TrustHandoffMiddleware({ audience: researcher.agentId, registry: revoked, nonces: new MemoryNonceStore() });
  assert.equal((await strict.handle(wire)).code, "agent_revoked");
  assert.deepEqual(complaints(), []);
  await close();
});

test("a registry file is loaded, a bad one refused in one line, and another key for an agent is offered as a rotation", async () => {
  const { page, complaints, close } = await open({ hash: "keys" });
  const text = new AgentRegistry().register("agent:p", planner.publicKeyPem, { revoker: true }).toJson();
  const load = (body) =>
    page.setInputFiles("#keys [data-file]", { name: "registry.json", mimeType: "application/json", buffer: Buffer.from(body) });
  await load(text);
  assert.equal(await page.locator('#keys [data-agent="agent:p"]').getByLabel("revoker").isChecked(), true);
  const line = page.locator("#keys [data-registry-refusal]");
  for (const [body, code] of [
    ["{", "malformed_json"],
    ['{"agent:p": {"keys": [{"public_key_pem": "x"}]}}', "public_key_encoding_invalid"],
    ['{"agent:p": 1}', "type_mismatch"],
  ]) {
    await load(body);
    await page.waitForFunction((wanted) => document.querySelector("#keys [data-registry-refusal] code")?.textContent === wanted, code);
    assert.equal(await page.locator('#keys [data-agent="agent:p"]').count(), 1, "what stood there is gone");
  }
  await add(page, researcher.privateKeyPem());
  assert.match(await line.textContent(), /private key.*nothing was added/);
  assert.equal(await page.getByLabel("Public key to add").inputValue(), "", "the private key still stands in the page");
  await add(page, researcher.publicKeyPem, "agent:p");
  assert.match(await line.textContent(), /^key_conflict/);
  await page.getByRole("button", { name: "Rotate to this key" }).click();
  const { keys } = JSON.parse(await page.locator("#keys [data-registry]").inputValue())["agent:p"];
  assert.deepEqual([keys.length, keys[1].public_key_pem, keys[0].not_after === null], [2, researcher.publicKeyPem, false]);
  await page.getByRole("button", { name: "Remove agent:p" }).click();
  await page.getByText("Nobody yet").waitFor();
  assert.deepEqual(complaints(), []);
  await close();
});

test("a root is a line: commas and spaces belong to the action, and what no line holds is left as it is", async () => {
  const { page, complaints, close } = await open({ hash: "keys" });
  await add(page, planner.publicKeyPem, "agent:p");
  const field = page.locator('#keys [data-agent="agent:p"]').getByLabel("Root for these actions");
  const roots = async () => JSON.parse(await page.locator("#keys [data-registry]").inputValue())["agent:p"].roots;
  await field.fill("read:/a b\n\n  fetch:https://example.com/x,y \r\nask");
  await field.blur();
  const actions = ["read:/a b", "fetch:https://example.com/x,y", "ask"];
  assert.deepEqual(await roots(), actions);
  // Another change draws the list anew, from the file.
  await page.locator('#keys [data-agent="agent:p"]').getByLabel("revoker").check();
  assert.equal(await field.inputValue(), actions.join("\n"));
  await field.press("End");
  await field.blur();
  assert.deepEqual(await roots(), actions);
  const odd = new AgentRegistry().register("agent:p", planner.publicKeyPem, { roots: ["read", "ask\nwrite"] }).toJson();
  await page.setInputFiles("#keys [data-file]", { name: "registry.json", mimeType: "application/json", buffer: Buffer.from(odd) });
  await page.getByText('Root for: ["read","ask\\nwrite"]').waitFor();
  assert.equal(await field.count(), 0);
  assert.deepEqual(await roots(), ["read", "ask\nwrite"]);
  assert.deepEqual(complaints(), []);
  await close();
});

test("a private key that was shown or pasted is not in sight any more when the panel was left", async () => {
  const { page, complaints, close } = await open({ hash: "keys" });
  const show = page.getByRole("button", { name: "Show the private key" });
  const secrets = () =>
    page.evaluate(() => [...document.querySelectorAll("#keys textarea")].filter(({ value }) => /PRIVATE KEY|"d":/.test(value)).length);
  await paste(page, planner.privateKeyPem());
  await show.click();
  assert.equal(await secrets(), 3);
  await page.click("nav a[data-panel=inspect]");
  await page.waitForSelector("#inspect[data-ready]");
  assert.equal(await secrets(), 0);
  await page.click("nav a[data-panel=keys]");
  await page.waitForSelector("#keys:not([hidden])");
  assert.equal((await shown(page)).id, planner.agentId, "the key in hand was lost");
  // It is still there on purpose.
  await show.click();
  assert.equal(await page.getByRole("textbox", { name: "Private key, PEM" }).inputValue(), planner.privateKeyPem().trim());
  // A page that a browser keeps to go back to.
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  assert.equal(await secrets(), 0);
  assert.deepEqual(complaints(), []);
  await close();
});

test("by keyboard alone a key is made and registered", async () => {
  const { page, complaints, close } = await open({ hash: "keys" });
  await page.getByRole("button", { name: "Generate a key" }).focus();
  await page.keyboard.press("Enter");
  for (let stops = 0; stops < 60; stops += 1) {
    if ((await page.evaluate(() => document.activeElement.textContent)) === "Add to the registry") break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  const { id } = await shown(page);
  assert.equal(await page.locator(`#keys [data-agent="${id}"]`).count(), 1);
  assert.deepEqual(complaints(), []);
  await close();
});

test("axe finds nothing in a full panel, which fits a phone; pictures", async () => {
  const fill = async (page) => {
    await page.getByRole("button", { name: "Generate a key" }).click();
    await page.getByLabel("A name for the kept key").fill("Ana, on this laptop");
    await page.getByRole("button", { name: "Keep in this browser" }).click();
    await page.getByRole("button", { name: "Show: Ana" }).waitFor();
    await paste(page, planner.privateKeyPem());
    await page.getByRole("button", { name: "Add to the registry" }).click();
    await page.getByRole("button", { name: "Show the private key" }).click();
    await add(page, researcher.publicKeyPem);
    await page.locator(`#keys [data-agent="${researcher.agentId}"]`).getByLabel("reviewer").check();
  };
  for (const theme of ["light", "dark"]) {
    const { page, complaints, close } = await open({ hash: "keys", theme, phone: theme === "dark", still: true });
    await fill(page);
    assert.deepEqual(await axe(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assert.deepEqual(complaints(), []);
    await close();
  }
  await shots("keys", { hash: "keys" }, fill);
});
