/** The API reference: what the package's type declarations say, as Markdown that becomes pages like all others. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, ReflectionKind } from "typedoc";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const kept = join(root, "target/reference");
const types = join(kept, "types");

/** Entry of the package → its declarations. Entries that only pass on what stands here already are left out. */
const ENTRIES = {
  trusthandoff: "index.d.ts",
  "trusthandoff/slim": "slim.d.ts",
  "trusthandoff/sentinel": "sentinel.d.ts",
  "trusthandoff/stores/indexeddb": "stores/indexeddb.d.ts",
  "trusthandoff/sinks/jsonl": "sinks/jsonl.d.ts",
  "trusthandoff/sinks/kafka": "sinks/kafka.d.ts",
  "trusthandoff/sinks/opentelemetry": "sinks/opentelemetry.d.ts",
  "trusthandoff/sinks/webhook": "sinks/webhook.d.ts",
};

/** Of one kind of member: heading of the list, and folder. */
const KINDS = { classes: "Classes", functions: "Functions", interfaces: "Interfaces", "type-aliases": "Types" };

/**
 * `{ pages, warnings }`: a page an entry and one for each of its members. Made anew only when a declaration has changed, because
 * that takes seconds.
 */
export async function referencePages() {
  const state = createHash("sha256").update(readFileSync(fileURLToPath(import.meta.url)));
  for (const [name, file] of Object.entries(ENTRIES)) state.update(name).update(readFileSync(declarations(file)));
  const stamp = join(kept, "state.json");
  const wanted = state.digest("hex");
  const held = existsSync(stamp) ? JSON.parse(readFileSync(stamp, "utf8")) : {};
  if (held.wanted !== wanted) {
    held.warnings = await generate();
    writeFileSync(stamp, JSON.stringify({ wanted, warnings: held.warnings }));
  }
  return { pages: pagesOf(join(kept, "markdown")), warnings: held.warnings };
}

/** Where the declarations of an entry are written. */
const declarations = (file) => join(root, file === "slim.d.ts" ? "pkg/src/loader" : "pkg/types", file);

/** Runs typedoc over a copy in which all entries lie as in the package; returns what it complains of. */
async function generate() {
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { recursive: true });
  const entries = Object.entries(ENTRIES);
  for (const [, file] of entries) cpSync(declarations(file), join(types, file), { recursive: true });
  const files = entries.map(([, file]) => join(types, file));
  writeFileSync(join(kept, "tsconfig.json"), JSON.stringify(compilation(files)));
  const app = await Application.bootstrapWithPlugins({
    ...{ entryPoints: files, tsconfig: join(kept, "tsconfig.json"), plugin: ["typedoc-plugin-markdown"], logLevel: "Error" },
    ...{ name: "trusthandoff", readme: "none", disableSources: true, disableGit: true },
    ...{ excludePrivate: true, excludeReferences: true, sort: ["source-order"] },
    ...{ outputFileStrategy: "members", entryFileName: "index", hidePageHeader: true, hideBreadcrumbs: true },
    ...{ useCodeBlocks: true, expandParameters: true, parametersFormat: "table", indexFormat: "table" },
    ...{ interfacePropertiesFormat: "table", typeDeclarationFormat: "table" },
    ...{ textContentMappings: { "title.memberPage": "{name}", "title.modulePage": "{name}" } },
    requiredToBeDocumented: ["Class", "Interface", "TypeAlias"],
    validation: { notExported: true, invalidLink: true, notDocumented: true },
  });
  const warnings = [];
  app.logger.warn = (text) => warnings.push(String(text).split("\n")[0].replaceAll(/\x1b\[\d+m/g, ""));
  const project = await app.convert();
  if (project === undefined) throw new Error("the declarations of the package cannot be read by typedoc");
  for (const module of project.children) module.name = entries.find(([, file]) => file === `${module.name}.d.ts`)?.[0] ?? module.name;
  app.validate(project);
  for (const { signatures = [], name } of project.getReflectionsByKind(ReflectionKind.Function)) {
    if (!signatures.some(({ comment }) => comment !== undefined)) warnings.push(`${name}() does not have any documentation`);
  }
  await app.outputs.writeOutput({ name: "markdown", path: join(kept, "markdown") }, project);
  return warnings;
}

/** How the declarations are read: as a strict user's compiler does, each entry found under its name. */
function compilation(files) {
  const paths = { trusthandoff: [join(types, "index.d.ts")] };
  const language = { target: "es2022", lib: ["es2022", "esnext.disposable", "dom"], module: "nodenext", moduleResolution: "nodenext" };
  return { compilerOptions: { ...language, types: [], strict: true, noEmit: true, paths }, files };
}

/** The Markdown files as pages, in the order in which the declarations stand. */
function pagesOf(directory) {
  return Object.keys(ENTRIES).flatMap((entry) => {
    const overview = errorsLast(read(directory, `${entry}/index.md`));
    const members = [...overview.matchAll(/^\| \[\w+\]\(([\w-]+)\/(\w+)\.md\)/gm)].map(([, folder, symbol]) => {
      const file = `${entry}/${folder}/${symbol}`;
      return { ...page(file, read(directory, `${file}.md`)), entry, kind: KINDS[folder], symbol };
    });
    return [{ ...page(`${entry}/index`, overview), entry, label: entry.replace("trusthandoff/", "") }, ...members];
  });
}

/** The list of classes with those at its end that are thrown: they stand first in the declarations. */
function errorsLast(overview) {
  return overview.replace(/(?:^\| \[.*\n)+/m, (rows) => {
    const lines = rows.trimEnd().split("\n");
    const thrown = (line) => /^\| \[\w+Error\]/.test(line);
    return `${[...lines.filter((line) => !thrown(line)), ...lines.filter(thrown)].join("\n")}\n`;
  });
}

/** Where nothing is said, nothing is better than a dash. */
const read = (directory, file) => readFileSync(join(directory, file), "utf8").replaceAll(/\| - (?=\|)/g, "|  ");
const page = (file, markdown) => ({
  ...{ source: `www/docs/reference/${file}.md`, path: `api/${file}.html`, group: "API reference" },
  ...{ markdown, names: true },
});
