/** Reads the host's own apt configuration, so that a Debian base image comes from the mirror this host already trusts. */

export type AptSource = {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Path of a keyring file; inline keys are left to apt's trusted folder. */
  readonly signedBy?: string;
};

export type DebianMirrors = {
  readonly main: string;
  /** Absent where the host takes no security fixes from a mirror. */
  readonly security?: string;
  readonly signedBy?: string;
};

/** Options of apt that say how to reach a mirror; everything else of the host stays on the host. */
const TRANSPORT_OPTION =
  /^(Acquire::(http|https|ftp|tor|Retries|Check-Valid-Until|Check-Date|ForceIPv[46])\b)/i;

/** `*.sources` files: paragraphs of `Key: value`, continuation lines start with a space. */
export function parseDeb822Sources(text: string): readonly AptSource[] {
  const paragraphs = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n\s*\n/);
  return paragraphs.flatMap((paragraph) => parseParagraph(paragraph));
}

/** `sources.list`: `deb [options] uri suite component…`. */
export function parseOneLineSources(text: string): readonly AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line.replace(/#.*/, "").trim());
    if (match === null) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    const signedBy = /(?:^|\s)signed-by=(\/[^\s,]+)/i.exec(options)?.[1];
    return [
      {
        uris: [uri],
        suites: [suite],
        components: words(components),
        ...(signedBy === undefined ? {} : { signedBy }),
      },
    ];
  });
}

/** The mirrors of the host when it is a Debian itself; undefined elsewhere, where mmdebstrap's own defaults serve. */
export function findDebianMirrors(
  sources: readonly AptSource[],
  host: { id: string; codename: string },
): DebianMirrors | undefined {
  const find = (suite: string): AptSource | undefined =>
    sources.find((source) => source.suites.includes(suite) && source.components.includes("main"));
  const { uris, signedBy } = find(host.codename) ?? { uris: [] };
  const [main] = uris;
  const [security] = find(`${host.codename}-security`)?.uris ?? [];
  if (host.id !== "debian" || main === undefined) return undefined;
  return {
    main,
    ...(security === undefined ? {} : { security }),
    ...(signedBy === undefined ? {} : { signedBy }),
  };
}

/** `apt-config dump` → the lines that say how to reach a mirror (proxy, certificates, retries), as apt.conf text. */
export function selectTransportOptions(dump: string): string {
  return dump
    .split("\n")
    .filter((line) => TRANSPORT_OPTION.test(line) && !line.endsWith(' "";'))
    .join("\n");
}

/** sources.list text for one suite with its updates and security fixes. */
export function renderSources(mirrors: DebianMirrors, suite: string): string {
  const options = mirrors.signedBy === undefined ? "" : `[signed-by=${mirrors.signedBy}] `;
  return [
    `deb ${options}${mirrors.main} ${suite} main`,
    `deb ${options}${mirrors.main} ${suite}-updates main`,
    ...(mirrors.security === undefined ? [] : [`deb ${options}${mirrors.security} ${suite}-security main`]),
    "",
  ].join("\n");
}

function parseParagraph(paragraph: string): readonly AptSource[] {
  const fields = new Map<string, string>();
  let key = "";
  for (const line of paragraph.split("\n")) {
    const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
    if (match !== null) key = (match[1] ?? "").toLowerCase();
    const value = match === null ? line.trim() : (match[2] ?? "");
    if (key !== "") fields.set(key, `${fields.get(key) ?? ""} ${value}`.trim());
  }
  const isBinary = words(fields.get("types") ?? "").includes("deb");
  if (!isBinary || /^(no|false|0)$/i.test(fields.get("enabled") ?? "yes")) return [];
  const signedBy = /^\/\S+$/.exec(fields.get("signed-by") ?? "")?.[0];
  return [
    {
      uris: words(fields.get("uris") ?? ""),
      suites: words(fields.get("suites") ?? ""),
      components: words(fields.get("components") ?? ""),
      ...(signedBy === undefined ? {} : { signedBy }),
    },
  ];
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
