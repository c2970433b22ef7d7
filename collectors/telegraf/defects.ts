/**
 * What Telegraf's documents say wrongly about Burrow. Each has two forms: `keep` writes what Telegraf 1.39.3 would,
 * `fix` what is true. What Telegraf does wrongly on the way (whole batches sent again, names it cannot ask for twice
 * over, one point per server) is not a matter of documents and is never repeated, except where the list says so.
 */
export const DEFECTS = {
  status_codes:
    "NOTFOUND and REWIND have no code of their own and become 0, below OK; so do words that are not known.",
  absent_as_zero:
    "A partition without a commit gets offset 0, timestamp 0 (1970) and lag 0; a group without a worst partition lag 0.",
  not_found_groups:
    "A listed group that Burrow answers with 404 NOTFOUND is an error in the log and has no document.",
  odd_names:
    "Names are escaped twice, so that a group with a space, `%`, `#`, brackets or other letters never has documents.",
  self_group: "Burrow's own position, the group `burrow-<cluster>`, is reported like a consumer group.",
  compacted_offsets:
    "A list of end offsets that Burrow has moved together is numbered from 0, so that offsets stand under wrong partitions.",
} as const;

export type Defect = keyof typeof DEFECTS;
export type DefectForm = "keep" | "fix";
