/** Orders dotted version numbers; a prerelease suffix sorts before the release. */

export function compareVersions(left: string, right: string): number {
  const [leftNumbers, leftSuffix] = split(left);
  const [rightNumbers, rightSuffix] = split(right);
  for (let index = 0; index < Math.max(leftNumbers.length, rightNumbers.length); index += 1) {
    const difference = (leftNumbers[index] ?? 0) - (rightNumbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (leftSuffix === rightSuffix) return 0;
  if (leftSuffix === "") return 1;
  if (rightSuffix === "") return -1;
  return leftSuffix < rightSuffix ? -1 : 1;
}

function split(version: string): readonly [readonly number[], string] {
  const match = /^(\d+(?:\.\d+)*)(.*)$/.exec(version.trim());
  return [(match?.[1] ?? "0").split(".").map(Number), match?.[2] ?? ""];
}
