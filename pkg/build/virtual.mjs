/** The modules that exist only while the package is built: `trusthandoff:…`. */
import { build } from "esbuild";
import { readFileSync } from "node:fs";

/**
 * An esbuild plugin for one entry: answers the virtual modules and puts `loader` in the place of `loader/inline.js`.
 * `module` is one of those that `buildWasm` returned; to the code of the entry it is the core, whichever it is.
 */
export function virtualModules(module, glueFactory, loader) {
  const texts = {
    "trusthandoff:glue": () => glueFactory,
    "trusthandoff:core.wasm.base64": () => `export default ${JSON.stringify(module.wasm.toString("base64"))};`,
    "trusthandoff:core.wasm.sha256": () => `export default ${JSON.stringify(module.sha256)};`,
  };
  return {
    name: "trusthandoff",
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /^trusthandoff:/ }, ({ path }) => ({ path, namespace: "virtual", sideEffects: false }));
      onLoad({ filter: /.*/, namespace: "virtual" }, ({ path }) => {
        const text = texts[path];
        return text ? { contents: text() } : { errors: [{ text: `no virtual module \`${path}\`` }] };
      });
      onResolve({ filter: /\/loader\/inline\.js$/ }, (args) =>
        loader === "inline"
          ? undefined
          : resolve(args.path.replace("inline", loader), { kind: args.kind, resolveDir: args.resolveDir }),
      );
      // Beside every entry, never inlined: these runtimes take the module from an import.
      onResolve({ filter: /^\.\/core\.wasm(\?module)?$/ }, ({ path }) => ({ path: path.replace("core", module.name), external: true }));
    },
  };
}

/** An esbuild plugin that leaves `file` of `pkg/src` out: what is imported from it comes from `other`, a file beside the entry. */
export function takenFrom(other, file) {
  return {
    name: `${file} from ${other}`,
    setup({ onResolve }) {
      onResolve({ filter: endsWith(file) }, () => ({ path: other, external: true, sideEffects: false }));
    },
  };
}

/** An esbuild plugin that puts a file of `pkg/src` in the place of another. */
export function inPlaceOf(file, other) {
  return {
    name: `${other} in place of ${file}`,
    setup({ onResolve }) {
      onResolve({ filter: endsWith(file) }, () => ({ path: other }));
    },
  };
}

function endsWith(file) {
  return new RegExp(`/${file.replaceAll(".", "\\.")}$`);
}

/** Users read the types; the bundler would keep those of class members and of the glue. */
const DOC_COMMENTS = /^ *\/\*\*[^]*?\*\/\n/gm;

/** An esbuild plugin that leaves out the comments that document the code. */
export const withoutComments = {
  name: "without comments",
  setup({ onLoad }) {
    onLoad({ filter: /\/pkg\/src\/.*\.js$/ }, ({ path }) => ({ contents: readFileSync(path, "utf8").replace(DOC_COMMENTS, "") }));
  },
};

/**
 * wasm-bindgen's `bundler` glue as a factory: a function body instead of a module, so that each call has its own
 * `wasm` variable, caches and finalizers. One glue module bound to one instance could not survive a trap.
 */
export async function glueFactory(source) {
  const { outputFiles } = await build({
    stdin: { contents: source.replace(DOC_COMMENTS, ""), loader: "js", sourcefile: "core_bg.js" },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "namespace",
    target: "es2022",
    legalComments: "none",
    logLevel: "error",
  });
  const face = exportsOf(source);
  if (face.length === 0) throw new Error("the glue exports nothing: has the generator changed its output?");
  // Own names only: what others put on Object.prototype must not keep an instance from starting.
  const inherited = "for (var name in all)";
  const [before, after, ...more] = outputFiles[0].text.split(inherited);
  if (after === undefined || more.length > 0) throw new Error("the bundler lists exports in another way than before");
  const text = withOwnView(`${before}for (var name of Object.keys(all))${after}`);
  return `export function createGlue() {
${text}
  return {
    glue: { ${face.map((name) => `${name}: namespace.${name}`).join(", ")} },
    imports: { "./core_bg.js": namespace },
    bind: namespace.__wbg_set_wasm,
  };
}
`;
}

/**
 * Memory that grows leaves the views of it detached. The generator asks `ArrayBuffer.prototype.detached`, which a hardened realm (SES)
 * on an older engine answers wrongly, and then writes into nothing. A view of no length is detached in every engine.
 */
function withOwnView(text) {
  const question = /if \(cachedDataViewMemory0 === null [^{]*\{\n/;
  if (!question.test(text) || !text.includes("cachedUint8ArrayMemory0.byteLength === 0")) {
    throw new Error("the generator looks for grown memory in another way than before");
  }
  return text.replace(question, "if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer !== getUint8ArrayMemory0().buffer) {\n");
}

/** What the wasm offers, by name. */
export function exportsOf(glue) {
  const names = [...glue.matchAll(/^export (?:function|class) (\w+)/gm)].map(([, name]) => name);
  return names.filter((name) => !name.startsWith("__"));
}
