/**
 * An esbuild plugin that leaves out of the bundle what no code of Lagline can reach, but what whole packages pull in:
 * the classes of all of Elasticsearch's APIs (requests go through the client's transport), the languages of zod's
 * messages, undici, and so on. Loading them took more time than anything else at start.
 */
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "esbuild";

const NAMESPACE = "leave-out";
/** Where a folder of packages is a link, a file named through it would be bundled beside itself. */
const MODULES = realpathSync(join(process.cwd(), "node_modules"));

/** What is left of a package, by the import that asks for it and the file that asks. */
type Substitute = { readonly asks: RegExp; readonly where: RegExp; readonly code: string };

const SUBSTITUTES: readonly Substitute[] = [
  {
    // Base class of the client: methods for each API of Elasticsearch, none of which is called.
    asks: /^\.\/api(\/index\.js)?$/,
    where: /@elastic\/elasticsearch\/(esm|lib)\/client\.js$/,
    code: "export default class API {}",
  },
  {
    // The client's own connections, over undici and over agents for proxies: it is given another kind.
    asks: /^\.\/(Undici|Http)Connection(\.js)?$/,
    where: /@elastic\/transport\//,
    code: "export default class Connection {}",
  },
  {
    asks: /^@opentelemetry\/core$/,
    where: /@elastic\/transport\//,
    code: `module.exports = require("@opentelemetry/core/build/src/trace/suppress-tracing.js");`,
  },
  {
    // Forms, with the table of all media types: nothing here sends one.
    asks: /^form-data$/,
    where: /\/axios\//,
    code: "export default class FormData {}",
  },
];

/** What only the collector does without: the Slack sender uses axios' own ways to the network. */
const COLLECTOR_SUBSTITUTES: readonly Substitute[] = [
  {
    // They load HTTP/2 and fetch; the collector's adapter is its own.
    asks: /^\.\/(http|xhr|fetch)\.js$/,
    where: /axios\/lib\/adapters\/adapters\.js$/,
    code: "export const getFetch = undefined; export default null;",
  },
];

export function leaveOut(program: "collector" | "command"): Plugin {
  const substitutes = program === "collector" ? [...SUBSTITUTES, ...COLLECTOR_SUBSTITUTES] : SUBSTITUTES;
  return {
    name: NAMESPACE,
    setup(build) {
      for (const [index, { asks, where }] of substitutes.entries()) {
        build.onResolve({ filter: asks }, ({ importer, namespace }) =>
          namespace === "file" && where.test(importer)
            ? { path: String(index), namespace: NAMESPACE }
            : undefined,
        );
      }
      // Packages may keep their inner files from being imported; here they are named by their place.
      build.onResolve({ filter: /^@opentelemetry\/core\//, namespace: NAMESPACE }, ({ path }) => ({
        path: join(MODULES, path),
      }));
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents: substitutes[Number(path)]?.code ?? "",
        resolveDir: MODULES,
      }));
      build.onLoad({ filter: /\/axios\/lib\/utils\.js$/ }, ({ path }) => ({
        contents: withoutForms(readFileSync(path, "utf8")),
      }));
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
        contents: withZodAsNamespace(readFileSync(path, "utf8")),
        loader: "ts",
      }));
    },
  };
}

/** The same functions by another import: of `z` as an object everything stays, of a namespace what is used. */
function withZodAsNamespace(source: string): string {
  return source.replace('\nimport { z } from "zod";\n', '\nimport * as z from "zod";\n');
}

/** Looking at the global FormData alone makes Node load fetch, HTTP/2 and TLS. */
function withoutForms(source: string): string {
  const look = "typeof G.FormData !== 'undefined' ? G.FormData : undefined";
  if (!source.includes(look)) throw new Error("axios looks for FormData in another way than it did.");
  return source.replace(look, "undefined");
}
