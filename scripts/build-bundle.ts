/**
 * Bundles the command into `dist/`: one folder of plain JavaScript that runs on Node alone, for the collector image and
 * the npm package. Subcommands stay separate chunks, so that the collector loads only what it uses. The deployment's
 * libraries (cdktf and its provider) stay outside: no container needs them.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const OUT = "dist";

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const { metafile } = await build({
  entryPoints: { lagline: "scripts/lagline.ts" },
  outdir: OUT,
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node22",
  format: "esm",
  minify: true,
  keepNames: true,
  sourcemap: "linked",
  sourcesContent: false,
  chunkNames: "chunks/[name]-[hash]",
  // CommonJS packages inside the bundle (the Elasticsearch client, pino, prom-client) call require.
  banner: {
    js: 'import { createRequire as lagline_createRequire } from "node:module"; const require = lagline_createRequire(import.meta.url);',
  },
  external: ["cdktf", "constructs", "@cdktf/*", "esbuild", "@node-rs/crc32", "protobufjs", "apache-arrow"],
  metafile: true,
  logLevel: "warning",
}).catch(() => process.exit(1)); // esbuild has printed every problem with its place
// The Kafka client reads its WebAssembly from `../dist/` beside the chunk that holds its code.
mkdirSync(`${OUT}/dist`);
cpSync("node_modules/@platformatic/wasm-utils/dist/native.wasm", `${OUT}/dist/native.wasm`);
writeFileSync(`${OUT}/package.json`, `${JSON.stringify({ type: "module" })}\n`);
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(
  `${OUT}/lagline.js: ${Object.keys(metafile.outputs).length} files, ${(bytes / 1_000_000).toFixed(1)} MB with source maps.`,
);
