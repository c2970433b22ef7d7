/** How long the fault tests run. The defaults fit CI; `npm run test:faults -- --help` names the flags for longer ones. */
import process from "node:process";

export const BOUNDS = {
  kills: read("LAGLINE_KILLS", 200),
  outageHours: read("LAGLINE_OUTAGE_HOURS", 12),
  fuzzSeconds: read("LAGLINE_FUZZ_SECONDS", 60),
} as const;

/** Where the machine is known to have a tool (`CI_REQUIRE=strace,tmpfs`), its absence is a failure, not a skip. */
export function isRequired(tool: string): boolean {
  return (process.env["CI_REQUIRE"] ?? "").split(",").includes(tool);
}

function read(name: string, standard: number): number {
  const value = Number(process.env[name] ?? standard);
  if (!Number.isFinite(value) || value < 0) {
    throw new RangeError(`${name} must be a number, got ${process.env[name] ?? ""}.`);
  }
  return value;
}
