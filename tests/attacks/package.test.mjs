/** The package itself under attack (catalogue H07): it brings nobody else's code, and importing it asks nobody for anything. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const HOME = fileURLToPath(new URL("../../pkg/", import.meta.url));
const manifest = JSON.parse(readFileSync(join(HOME, "package.json"), "utf8"));
const files = readdirSync(join(HOME, "dist"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.c?js$/.test(entry.name))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

/** What a user can import: entry → its file. */
const ENTRIES = Object.entries(manifest.exports)
  .filter(([, target]) => target.import !== undefined)
  .map(([name, target]) => [name, target.import.default, target.require.default]);

test("H07 the package needs no other package, and runs nothing when it is installed", () => {
  const fields = ["dependencies", "peerDependencies", "optionalDependencies", "bundleDependencies", "bundledDependencies", "scripts"];
  for (const field of fields) {
    assert.equal(manifest[field], undefined, field);
  }
});

test("H07 no file that is shipped imports anything but its neighbours, the platform and the package itself", () => {
  assert.ok(files.length > 10);
  const patterns = [/\bfrom\s*"([^"\n]+)"/g, /\bimport\s*"([^"\n]+)"/g, /\b(?:import|require)\(\s*"([^"\n]+)"\s*\)/g];
  const isInside = (file, name) => name.startsWith(".") && !relative(HOME, resolve(dirname(file), name)).startsWith("..");
  const isKnown = (name) => builtinModules.includes(name.replace(/^node:/, "")) || name.split("/")[0] === manifest.name;
  const allowed = (file, name) => isInside(file, name) || isKnown(name);
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    const imported = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name));
    assert.deepEqual(imported.filter((name) => !allowed(file, name)), [], relative(HOME, file));
  }
});

/** Run before the package: whatever could ask somebody outside is written down instead. */
const GUARD = `
import { createRequire, syncBuiltinESMExports } from "node:module";
const need = createRequire(${JSON.stringify(join(HOME, "package.json"))});
const asked = [];
const deny = (what) => () => { asked.push(what); throw new Error(what); };
for (const name of ["fetch", "WebSocket", "EventSource"]) globalThis[name] = deny(name);
const OUTWARD = { net: ["connect", "createConnection"], tls: ["connect"], dns: ["lookup", "resolve"], http: ["request", "get"],
  https: ["request", "get"], http2: ["connect"], dgram: ["createSocket"],
  child_process: ["spawn", "exec", "execFile", "fork", "spawnSync", "execSync"] };
for (const [module, names] of Object.entries(OUTWARD)) for (const name of names) need("node:" + module)[name] = deny(module + "." + name);
need("node:net").Socket.prototype.connect = deny("Socket.connect");
const fs = need("node:fs");
for (const name of ["readFileSync", "writeFileSync", "openSync"]) {
  const real = fs[name];
  fs[name] = (path, ...rest) => { if (!String(path).includes("/pkg/")) asked.push(name); return real(path, ...rest); };
}
syncBuiltinESMExports();
`;

/** What is asked of others while `load` runs, and what it gives. */
async function loading(load) {
  const program = `${GUARD}const loaded = ${load};\nconsole.log(JSON.stringify({ asked, names: Object.keys(loaded) }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  return JSON.parse(stdout);
}

for (const [name, esm, cjs] of ENTRIES) {
  for (const [how, load] of [
    ["import", `await import(${JSON.stringify(pathToFileURL(join(HOME, esm)).href)})`],
    ["require", `need(${JSON.stringify(join(HOME, cjs))})`],
  ]) {
    test(`H07 ${how} of \`${name}\` asks nobody, and gives what it says`, async () => {
      const { asked, names } = await loading(load);
      assert.deepEqual(asked, []);
      assert.ok(names.length > 0);
      if (name === "./sentinel") assert.ok(names.includes("Sentinel"));
    });
  }
}

test("H07 a package that asks somebody when it is imported would be noticed", async () => {
  const modules = {
    fetch: 'await fetch("http://127.0.0.1:9/").catch(() => {})',
    "http.get": '(await import("node:http")).get("http://127.0.0.1:9/")',
    "Socket.connect": 'new (await import("node:net")).Socket().connect(9)',
    "child_process.spawn": '(await import("node:child_process")).spawn("true")',
    openSync: '(await import("node:fs")).openSync("/dev/null", "r")',
  };
  for (const [what, code] of Object.entries(modules)) {
    const url = `data:text/javascript,${encodeURIComponent(`try { ${code} } catch {}\nexport const done = true;`)}`;
    assert.deepEqual(await loading(`await import(${JSON.stringify(url)})`), { asked: [what], names: ["done"] });
  }
});
