/**
 * The address in an Elastic Cloud id: `name:base64(host[:port]$elasticsearch[:port]$kibana)`. Elastic's own clients read
 * it the same way; the id holds no secret. Pure.
 */

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const HOST = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/i;
/** What an address without a port has. */
const HTTPS_PORT = "443";

/** The address of Elasticsearch; undefined when the text is no cloud id. */
export function cloudAddress(cloudId: string): string | undefined {
  const encoded = cloudId.slice(cloudId.indexOf(":") + 1);
  if (!cloudId.includes(":") || !BASE64.test(encoded)) return undefined;
  const [domain = "", elasticsearch = ""] = Buffer.from(encoded, "base64").toString("utf8").split("$");
  if (!HOST.test(domain) || !HOST.test(elasticsearch)) return undefined;
  const [host = "", port = HTTPS_PORT] = domain.split(":");
  const [name = "", ownPort = port] = elasticsearch.split(":");
  return `https://${name}.${host}${ownPort === HTTPS_PORT ? "" : `:${ownPort}`}`;
}
