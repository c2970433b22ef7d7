/**
 * Bundles the command into `dist/`: one folder of plain JavaScript that runs on Node alone, for the collector image, and
 * an npm package without dependencies (`npm pack ./dist`). Subcommands stay separate chunks, so that the collector loads only what it uses. The deployment's
 * libraries (cdktf and its provider) stay outside: no container needs them.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { z } from "zod";
import { WRAPPER_HEAD, WRAPPER_TAIL } from "./bundle/code-cache.ts";
import { leaveOut } from "./bundle/leave-out.ts";
import { V8_FLAGS } from "../stacks/node-entrypoint.ts";

const OUT = process.argv[2] ?? "dist";

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const common = {
  bundle: true,
  platform: "node",
  target: "node22",
  outdir: OUT,
  sourcemap: "linked",
  sourcesContent: false,
  // Names stay, so that a stack tells something without its source map, and so that nothing has to restore them at start.
  minifyWhitespace: true,
  minifySyntax: true,
  external: ["cdktf", "constructs", "@cdktf/*", "esbuild", "@node-rs/crc32", "protobufjs", "apache-arrow"],
  metafile: true,
  logLevel: "warning",
} as const satisfies BuildOptions;
// esbuild prints every problem with its place.
const outputs = await Promise.all([
  build({ ...common, entryPoints: { lagline: "scripts/bundle/start.ts" }, format: "esm" }),
  build({
    ...common,
    entryPoints: { main: "scripts/lagline.ts" },
    plugins: [leaveOut("command")],
    splitting: true,
    format: "esm",
    chunkNames: "chunks/[name]-[hash]",
    // CommonJS packages inside the bundle (the Elasticsearch client, pino, prom-client) call require.
    banner: {
      js: 'import { createRequire as lagline_createRequire } from "node:module"; const require = lagline_createRequire(import.meta.url);',
    },
  }),
  build({
    ...common,
    entryPoints: { collect: "scripts/bundle/collect.ts" },
    plugins: [leaveOut("collector")],
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    banner: { js: WRAPPER_HEAD },
    footer: { js: WRAPPER_TAIL },
  }),
]).catch(() => process.exit(1));
// For a Node as it is started by hand, and as the containers start it.
for (const flags of [[], V8_FLAGS]) {
  execFileSync(process.execPath, [...flags, "scripts/bundle/precompile.ts", resolve(OUT, "collect.cjs")], {
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: "inherit",
  });
}
// The Kafka client reads its WebAssembly from `../dist/` beside the chunk that holds its code.
mkdirSync(`${OUT}/dist`);
cpSync("node_modules/@platformatic/wasm-utils/dist/native.wasm", `${OUT}/dist/native.wasm`);
// Runbooks are read from beside the chunk, as from beside their source.
cpSync("alerts/runbooks", `${OUT}/chunks/runbooks`, { recursive: true });
cpSync("LICENSE", `${OUT}/LICENSE`);
cpSync("README.md", `${OUT}/README.md`);
cpSync("generated/lagline.schema.json", `${OUT}/lagline.schema.json`);
writeFileSync(`${OUT}/bin.js`, '#!/usr/bin/env node\nimport "./lagline.js";\n', { mode: 0o755 });
writeFileSync(`${OUT}/package.json`, `${JSON.stringify(manifest(), undefined, 2)}\n`);
const files = outputs.flatMap(({ metafile }) => Object.values(metafile.outputs));
const bytes = files.reduce((sum, output) => sum + output.bytes, 0);
console.log(
  `${OUT}/lagline.js: ${files.length} files, ${(bytes / 1_000_000).toFixed(1)} MB with source maps.`,
);

/** Everything is in the bundle, so the package has no dependencies and nothing to run when it is installed. */
function manifest() {
  const own = z
    .object({
      name: z.string(),
      version: z.string(),
      description: z.string(),
      license: z.string(),
      engines: z.object({ node: z.string() }),
    })
    .parse(JSON.parse(readFileSync("package.json", "utf8")));
  const { name, version, description, license, engines } = own;
  return {
    name,
    version,
    description,
    license,
    type: "module",
    bin: { lagline: "bin.js" },
    engines: { node: engines.node },
  };
}
