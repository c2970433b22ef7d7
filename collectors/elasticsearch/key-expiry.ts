/** When an API key ends, asked with the key itself: each may look at its own entry and at no other. */
import { z } from "zod";
import type { ClientSettings } from "./client.ts";
import { createElasticsearchHttp } from "./client.ts";

export type ApiKeyEnd = { readonly id: string; readonly name: string; readonly endsMs: number };

const TIMEOUT_MS = 5000;
const authenticated = z.object({ api_key: z.object({ id: z.string() }) });
const listed = z.object({
  api_keys: z.tuple([z.object({ name: z.string(), expiration: z.number().optional() })]),
});

/**
 * Undefined for a key without an end, for other credentials, and where Elasticsearch does not let it in: whoever writes
 * with it says that louder.
 * @throws ElasticsearchFault without an answer.
 */
export async function apiKeyEnd(
  settings: ClientSettings,
  signal: AbortSignal,
): Promise<ApiKeyEnd | undefined> {
  const http = await createElasticsearchHttp({ ...settings, connections: 1, requestTimeoutMs: TIMEOUT_MS });
  try {
    const who = await http.request({ method: "GET", path: "/_security/_authenticate", signal });
    const id = authenticated.safeParse(who.body).data?.api_key.id;
    if (who.status !== 200 || id === undefined) return undefined;
    const found = await http.request({ method: "GET", path: "/_security/api_key", query: { id }, signal });
    const [key] = listed.safeParse(found.body).data?.api_keys ?? [];
    return found.status !== 200 || key?.expiration === undefined
      ? undefined
      : { id, name: key.name, endsMs: key.expiration };
  } finally {
    await http.close();
  }
}
