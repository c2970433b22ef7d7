/** Keeps a refusal's own words from repeating the credentials that were refused: they end in logs and on screens. */
import type { Credentials } from "./credentials.ts";

const MASK = "[not shown]";

/** The body with every credential replaced, in the forms in which they are sent. Unchanged when it holds none. */
export function withoutCredentials(body: unknown, { auth }: Credentials): unknown {
  const secrets = secretsOf(auth);
  if (secrets.length === 0 || body === undefined || body === null) return body;
  const text = JSON.stringify(body);
  if (!secrets.some((secret) => text.includes(escaped(secret)))) return body;
  return JSON.parse(secrets.reduce((masked, secret) => masked.replaceAll(escaped(secret), MASK), text));
}

function secretsOf(auth: Credentials["auth"]): string[] {
  if (auth === undefined) return [];
  if ("apiKey" in auth) return [auth.apiKey];
  if ("bearer" in auth) return [auth.bearer];
  const pair = Buffer.from(`${auth.username}:${auth.password}`).toString("base64");
  // The longer one first: the password could be a part of it by chance.
  return [pair, auth.password];
}

/** As it stands inside a JSON text. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
