/** Reference of documents, verdicts and Burrow's statuses, made from `model/`. */
import type { FieldInfo } from "../../model/fields.ts";
import { FIELDS, RECORD_KINDS } from "../../model/fields.ts";
import { TIME_LAG_METHODS, VERDICTS } from "../../model/verdicts.ts";
import { BURROW_STATUSES } from "../../model/statuses.ts";

const HEADER = `# Documents

Made from \`model/\` by \`npm run generate\`; edits are overwritten.

One flat document per series and tick. \`@timestamp\` is the tick. Dimensions identify the series; together with the tick
they identify the document, so a second delivery of the same document changes nothing. Absent means unknown, never zero.
`;

export function recordsReference(): string {
  const kinds = RECORD_KINDS.map((kind) => {
    const fields: [string, FieldInfo][] = Object.entries<FieldInfo>(FIELDS).filter(([, field]) =>
      field.records.includes(kind),
    );
    const rows = fields.map(
      ([name, field]) =>
        `| \`${name}\` | ${field.type}${field.role === "dimension" ? ", dimension" : ""} | ${field.unit ?? ""} | ${field.description} |`,
    );
    return `## \`record: ${kind}\`\n\n| Field | Type | Unit | Meaning |\n|---|---|---|---|\n${rows.join("\n")}\n`;
  });
  const verdicts = Object.entries(VERDICTS).map(
    ([name, verdict]) => `| \`${name}\` | ${verdict.code} | ${verdict.severity} | ${verdict.meaning} |`,
  );
  return `${HEADER}
${kinds.join("\n")}
## Verdicts

Ordered by urgency: a higher code is worse.

| Verdict | Code | Severity | Meaning |
|---|---|---|---|
${verdicts.join("\n")}

## Burrow's statuses

\`status\` and \`status_code\` keep Burrow's own words and order: ${BURROW_STATUSES.map((status, code) => `${status} ${code}`).join(", ")}.

## Methods of \`time_lag_seconds\`

Best first: ${TIME_LAG_METHODS.map((method) => `\`${method}\``).join(", ")}.
`;
}
