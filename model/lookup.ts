/** Words for an address whose name could not be looked up. The system's codes for it say nothing to most. */

/** A clause about the owner of the name, or undefined where `detail` (a code, or a sentence with one) is of another kind. */
export function describeLookup(detail: string): string | undefined {
  if (detail.includes("ENOTFOUND")) return "its name is unknown to the name server";
  if (detail.includes("EAI_AGAIN")) return "no name server answers for its name";
  return undefined;
}
