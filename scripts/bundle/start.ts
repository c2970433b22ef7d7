/** First file of the bundle: the collector from its code cache, every other command from its chunks. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { readScript, runScript } from "./code-cache.ts";

if (process.argv[2] === "collect") {
  const file = fileURLToPath(new URL("collect.cjs", import.meta.url));
  runScript(readScript(file), file);
} else {
  await import(new URL("main.js", import.meta.url).href);
}
