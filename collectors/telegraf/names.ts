/** Names that Telegraf can ask Burrow for. */

/** What Go's `url.PathEscape` leaves as it is; anything else is escaped, and then escaped once more. */
const SURVIVES = /^[A-Za-z0-9._~$&+=:@-]*$/;

export function telegrafCanAskFor(name: string): boolean {
  return SURVIVES.test(name);
}
