/** What is wrong between the settings of one connection: halves of credentials, keys that nobody would use. Pure. */

/** Settings that Burrow and Elasticsearch share, of one that exists already. */
type Connection = {
  readonly username?: string | undefined;
  readonly password_file?: string | undefined;
  readonly api_key_file?: string | undefined;
  readonly bearer_token_file?: string | undefined;
  readonly ca_fingerprint?: string | undefined;
  readonly tls?:
    | {
        readonly ca_file?: string | undefined;
        readonly certificate_file?: string | undefined;
        readonly key_file?: string | undefined;
      }
    | undefined;
};

export type ConnectionSource = {
  readonly clusters: Readonly<
    Record<
      string,
      {
        readonly burrow: {
          readonly external?: (Connection & { readonly servers: readonly string[] }) | undefined;
        };
      }
    >
  >;
  readonly elasticsearch: {
    readonly external?:
      | (Connection & { readonly url?: string | undefined; readonly urls?: readonly string[] | undefined })
      | undefined;
  };
};

export type ConnectionProblem = {
  readonly path: readonly PropertyKey[];
  readonly input: unknown;
  readonly message: string;
};

/** Every problem of every connection, as ends of sentences that begin with the setting. */
export function connectionProblems({ clusters, elasticsearch }: ConnectionSource): ConnectionProblem[] {
  const problems: ConnectionProblem[] = [];
  for (const [name, { burrow }] of Object.entries(clusters)) {
    if (burrow.external === undefined) continue;
    const path = ["clusters", name, "burrow", "external"];
    const { servers } = burrow.external;
    problems.push(...problemsOf(burrow.external, { path, addresses: servers }));
    problems.push(...problemsOfDoubles(servers, [...path, "servers"]));
  }
  const { external } = elasticsearch;
  if (external !== undefined) {
    const path = ["elasticsearch", "external"];
    const { url, urls = [] } = external;
    const addresses = url === undefined ? urls : [url];
    problems.push(...problemsOf(external, { path, addresses }));
    problems.push(...problemsOfDoubles(urls, [...path, "urls"]));
  }
  return problems;
}

type Place = { readonly path: readonly string[]; readonly addresses: readonly string[] };

function problemsOf(connection: Connection, place: Place): ConnectionProblem[] {
  return [...problemsOfCredentials(connection, place.path), ...problemsOfTls(connection, place)];
}

const WAYS = ["username", "api_key_file", "bearer_token_file"] as const;

function problemsOfCredentials(connection: Connection, path: readonly string[]): ConnectionProblem[] {
  const problems: ConnectionProblem[] = [];
  const { username, password_file: password } = connection;
  // Half of them would mean a connection without credentials, and a refusal that does not say why.
  if (username !== undefined && password === undefined) {
    problems.push({
      path: [...path, "username"],
      input: username,
      message: "needs `password_file` beside it",
    });
  }
  if (password !== undefined && username === undefined) {
    problems.push({
      path: [...path, "password_file"],
      input: password,
      message: "needs `username` beside it",
    });
  }
  const ways = WAYS.filter((way) => connection[way] !== undefined);
  if (ways.length > 1) {
    const message = `has ${ways.map((way) => `\`${way}\``).join(" and ")}: one way to say who we are is possible`;
    problems.push({ path, input: {}, message });
  }
  return problems;
}

function problemsOfTls(
  { tls, ca_fingerprint: pin }: Connection,
  { path, addresses }: Place,
): ConnectionProblem[] {
  const problems: ConnectionProblem[] = [];
  const at = [...path, "tls"];
  if (tls?.certificate_file !== undefined && tls.key_file === undefined) {
    const input = tls.certificate_file;
    problems.push({ path: [...at, "certificate_file"], input, message: "needs `key_file` beside it" });
  }
  if (tls?.key_file !== undefined && tls.certificate_file === undefined) {
    const input = tls.key_file;
    problems.push({ path: [...at, "key_file"], input, message: "needs `certificate_file` beside it" });
  }
  if (pin !== undefined && tls?.ca_file !== undefined) {
    const message = "and `tls.ca_file` are two ways to name the authority: one is possible";
    problems.push({ path: [...path, "ca_fingerprint"], input: pin, message });
  }
  const plain = addresses.filter((address) => /^http:/i.test(address));
  const settings = [tls === undefined ? "" : "tls", pin === undefined ? "" : "ca_fingerprint"].filter(
    Boolean,
  );
  if (plain.length > 0) {
    for (const setting of settings) {
      const message = `cannot be used with ${plain.join(", ")}, which has no TLS: write https://`;
      problems.push({ path: [...path, setting], input: {}, message });
    }
  }
  return problems;
}

function problemsOfDoubles(addresses: readonly string[], path: readonly string[]): ConnectionProblem[] {
  const seen = new Map<string, number>();
  return addresses.flatMap((address, index) => {
    const key = URL.canParse(address) ? new URL(address).href.replace(/\/+$/, "") : address;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, index);
      return [];
    }
    return [{ path: [...path, index], input: address, message: `is the same address as [${first}]` }];
  });
}
