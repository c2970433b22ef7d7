/**
 * An esbuild plugin that leaves out of the bundle what no code of Lagline can reach, but what whole packages pull in:
 * the classes of all of Elasticsearch's APIs (requests go through the client's transport), the languages of zod's
 * messages, undici beyond its connection pool, and so on. Loading them took more time than anything else at start.
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
    asks: /^undici$/,
    where: /@elastic\/transport\//,
    code: `
      const Dispatcher = require("undici/lib/dispatcher/dispatcher.js");
      Object.assign(Dispatcher.prototype, require("undici/lib/api/index.js"));
      module.exports = {
        Pool: require("undici/lib/dispatcher/pool.js"),
        buildConnector: require("undici/lib/core/connect.js"),
        errors: require("undici/lib/core/errors.js"),
      };`,
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

export function leaveOut(): Plugin {
  return {
    name: NAMESPACE,
    setup(build) {
      for (const [index, { asks, where }] of SUBSTITUTES.entries()) {
        build.onResolve({ filter: asks }, ({ importer, namespace }) =>
          namespace === "file" && where.test(importer)
            ? { path: String(index), namespace: NAMESPACE }
            : undefined,
        );
      }
      // Packages may keep their inner files from being imported; here they are named by their place.
      build.onResolve({ filter: /^(undici|@opentelemetry\/core)\//, namespace: NAMESPACE }, ({ path }) => ({
        path: join(MODULES, path),
      }));
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents: SUBSTITUTES[Number(path)]?.code ?? "",
        resolveDir: MODULES,
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
