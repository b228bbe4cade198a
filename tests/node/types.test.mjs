/** The types: every documented example compiles and runs, what must not compile does not, and nothing is undeclared. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { trusthandoff } from "./support.mjs";

const ts = createRequire(new URL("../tools/package.json", import.meta.url))("typescript");
const declarations = readFileSync(new URL("../../pkg/types/index.d.ts", import.meta.url), "utf8");

/** A project that has the built package in its node_modules, as a user has. */
function project(t, files) {
  const root = mkdtempSync(join(tmpdir(), "trusthandoff-types-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "node_modules"));
  symlinkSync(fileURLToPath(new URL("../../pkg", import.meta.url)), join(root, "node_modules/trusthandoff"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  return { root, errors: compile(Object.keys(files).map((name) => join(root, name))) };
}

function compile(files) {
  const options = {
    strict: true,
    exactOptionalPropertyTypes: false,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
    types: [],
    skipLibCheck: false,
  };
  const program = ts.createProgram(files, options);
  const { diagnostics } = program.emit();
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map((found) => ts.flattenDiagnosticMessageText(found.messageText, "\n"));
}

/** The lines behind each `@example` of the declarations. */
function examples() {
  const blocks = [...declarations.matchAll(/ \* @example\n((?: \*.*\n)+?) \*\//g)];
  return blocks.map(([, lines]) => lines.replaceAll(/^ \* ?/gm, ""));
}

const NAMES = Object.keys(trusthandoff).join(", ");

test("every example of the documentation compiles and runs", async (t) => {
  const found = examples();
  assert.ok(found.length >= 5);
  const files = Object.fromEntries(found.map((text, index) => [`example${index}.mts`, `import { ${NAMES} } from "trusthandoff";\n${text}`]));
  const { root, errors } = project(t, files);
  assert.deepEqual(errors, []);
  for (const name of Object.keys(files)) await import(pathToFileURL(join(root, name.replace(".mts", ".mjs"))));
});

test("the declared values are exactly those that are exported", () => {
  const declared = [...declarations.matchAll(/^export (?:class|function|const) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual([...new Set(declared)].sort(), Object.keys(trusthandoff).sort());
});

test("what would be wrong at run time does not compile", (t) => {
  const opening = `import { AgentIdentity, AgentRegistry, MemoryNonceStore, TrustHandoffMiddleware, signPacket, verifySignature } from "trusthandoff";
import type { ReasonCode } from "trusthandoff";
declare const identity: AgentIdentity;
const registry = new AgentRegistry();
const nonces = new MemoryNonceStore();
`;
  const wrong = [
    "verifySignature({});",
    "verifySignature(JSON.stringify({})).valid = true;",
    "new TrustHandoffMiddleware({ registry, nonces });",
    'new TrustHandoffMiddleware({ audience: "a", nonces });',
    'new TrustHandoffMiddleware({ audience: "a", registry });',
    'new TrustHandoffMiddleware({ audience: "a", registry, nonces, resolveAgent: () => null });',
    'new TrustHandoffMiddleware({ audience: "a", registry, nonces, maxDeph: 3 });',
    'new TrustHandoffMiddleware({ audience: "a", registry, nonces: { has: () => true } });',
    'new TrustHandoffMiddleware({ audience: "a", registry, nonces: () => "true" });',
    'signPacket(identity, { intent: "x", permissions: {} });',
    'signPacket(identity, { to_agent: "a", intent: "x", permissions: {}, risk_level: "critical" });',
    'signPacket(identity, { to_agent: "a", intent: "x", permissions: {}, is_admin: true });',
    'signPacket(identity, { to_agent: "a", intent: "x", permissions: {} }, { form: "0.2.5" });',
    "new AgentIdentity();",
    "identity.sign(new Uint8Array(1));",
    'const code: ReasonCode = "no_such_code";',
  ];
  const files = Object.fromEntries(wrong.map((line, index) => [`wrong${index}.mts`, `${opening}// @ts-expect-error\n${line}\nexport {};\n`]));
  assert.deepEqual(project(t, files).errors, []);
});

test("CommonJS and `using` compile too", (t) => {
  const { errors } = project(t, {
    "common.cts": `import th = require("trusthandoff");\nconst id: string = th.AgentIdentity.generate().agentId;\nexport = id;\n`,
    "using.mts": `import { AgentIdentity } from "trusthandoff";\nusing identity = AgentIdentity.generate();\nidentity.agentId;\n`,
  });
  assert.deepEqual(errors, []);
});
