/** Burrow's paths. Names are encoded once; the client sends the path as it is, because URL normalisation eats `..`. */

/** Why a name cannot be asked for, as the end of a sentence; null when it can. */
export function unreachableReason(name: string, maximumCharacters: number): string | null {
  if (name.length > maximumCharacters) {
    return `its name has ${name.length} characters, the limit is ${maximumCharacters}`;
  }
  if (name.includes("/")) {
    // Burrow's router matches the decoded path, so %2F splits as well (linkedin/Burrow#696).
    return "its name holds a slash, which Burrow's HTTP router cannot match";
  }
  try {
    encodeURIComponent(name);
    return null;
  } catch {
    return "its name is not valid Unicode";
  }
}

/** A name for sentences: quoted, control characters escaped, cut. */
export function showName(name: string): string {
  const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  return JSON.stringify(shown);
}

export function readyPath(root: string): string {
  return `${root}/burrow/admin/ready`;
}

export function configPath(root: string, section: string): string {
  return `${root}/v3/config/${section}`;
}

export function clusterPath(prefix: string, cluster: string): string {
  return `${prefix}/${encodeURIComponent(cluster)}`;
}

export function topicPath(prefix: string, cluster: string, topic: string): string {
  return `${clusterPath(prefix, cluster)}/topic/${encodeURIComponent(topic)}`;
}

export function groupPath(options: {
  prefix: string;
  cluster: string;
  group: string;
  view: "lag" | "status";
}): string {
  const { prefix, cluster, group, view } = options;
  return `${clusterPath(prefix, cluster)}/consumer/${encodeURIComponent(group)}/${view}`;
}

/** Start of every sentence about one part of a scrape: cluster, what it is about, and who answered. */
export function sentenceStart(about: {
  readonly server: string;
  readonly cluster: string;
  readonly what: string;
}): string {
  return `Cluster ${showName(about.cluster)}, ${about.what}: Burrow at ${about.server}`;
}
