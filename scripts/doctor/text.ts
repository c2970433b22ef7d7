/** Findings as a person reads them: link by link, then the first broken one with its fix. Pure. */
import type { Finding } from "./finding.ts";
import { firstBroken, LINK_TITLES, LINKS } from "./finding.ts";

const MARKS = { ok: "ok     ", warning: "WARNING", broken: "BROKEN ", skipped: "-      " } as const;

export function formatFindings(findings: readonly Finding[]): readonly string[] {
  return [
    ...LINKS.flatMap((link) => places(findings.filter((finding) => finding.link === link))),
    "",
    verdict(findings),
  ];
}

/** Findings of one link, under a title for each cluster. */
function places(findings: readonly Finding[]): readonly string[] {
  const clusters = [...new Set(findings.map(({ cluster }) => cluster))];
  return clusters.flatMap((cluster) => {
    const here = findings.filter((finding) => finding.cluster === cluster);
    return [titleOf(here[0]), ...here.flatMap(linesOf)];
  });
}

function titleOf(finding: Finding | undefined): string {
  if (finding === undefined) return "";
  const title = LINK_TITLES[finding.link];
  return finding.cluster === undefined ? title : `${title} (${finding.cluster})`;
}

function linesOf({ outcome, check, evidence, fix }: Finding): readonly string[] {
  return [
    `  ${MARKS[outcome]}  ${check}: ${evidence}`,
    ...(fix === undefined ? [] : [`           Do: ${fix.replaceAll("\n", "\n             ")}`]),
  ];
}

function verdict(findings: readonly Finding[]): string {
  const first = firstBroken(findings);
  const count = (outcome: Finding["outcome"]): number =>
    findings.filter((finding) => finding.outcome === outcome).length;
  if (first === undefined) {
    const warnings = count("warning");
    const skips = count("skipped");
    return `The chain holds: ${count("ok")} checks are right${warnings === 0 ? "" : `, ${warnings} with a warning`}${skips === 0 ? "" : `; ${skips} could not be looked at`}.`;
  }
  const others = count("broken") - 1;
  const tail = others === 0 ? "" : ` ${others} more are broken; those further on may be its consequences.`;
  return `First broken link: ${titleOf(first)}, ${first.check}. ${first.evidence} Do: ${first.fix ?? ""}${first.fix?.includes("\n") === true ? `\n${tail.trim()}` : tail}`;
}
