/** Text of the Terraform CLI configuration that sends one provider to a folder on this host. */

/** Terraform's default namespace for providers: part of the folder names of a mirror, not an address that is opened. */
export const PROVIDER_NAMESPACE = "registry.terraform.io";

export type MirrorConfig = {
  readonly mirrorFolder: string;
  /** Such as "kreuzwerker/docker". */
  readonly providerSource: string;
  /** The person's own CLI configuration: its credentials stay in force. */
  readonly ownConfig?: string;
};

/** The person's settings, then the mirror; an own `provider_installation` would contradict it and is left out. */
export function renderTerraformConfig(config: MirrorConfig): string {
  const address = JSON.stringify(`${PROVIDER_NAMESPACE}/${config.providerSource}`);
  const own = withoutBlock(config.ownConfig ?? "", "provider_installation").trim();
  return [
    "# Written by Lagline; it is written again on every run.",
    ...(own === "" ? [] : [own, ""]),
    "provider_installation {",
    "  filesystem_mirror {",
    `    path    = ${JSON.stringify(config.mirrorFolder)}`,
    `    include = [${address}]`,
    "  }",
    "  direct {",
    `    exclude = [${address}]`,
    "  }",
    "}",
    "",
  ].join("\n");
}

/** Folder of an unpacked provider inside a filesystem mirror. */
export function providerFolder(source: string, version: string, platform: string): string {
  return [PROVIDER_NAMESPACE, source, version, platform].join("/");
}

/** Terraform's name of this machine, such as linux_amd64. */
export function terraformPlatform(host: { platform: string; arch: string }): string {
  return `${host.platform}_${host.arch === "x64" ? "amd64" : host.arch}`;
}

/** Removes one top-level block by counting braces outside of strings and comments. */
function withoutBlock(text: string, name: string): string {
  const start = new RegExp(`^[ \\t]*${name}[ \\t]*\\{`, "m").exec(text);
  if (start === null) return text;
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|#.*|\/\/.*|[{}]/g;
  tokens.lastIndex = start.index;
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    if (token[0] === "{") depth += 1;
    if (token[0] === "}") depth -= 1;
    if (token[0] === "}" && depth === 0) return text.slice(0, start.index) + text.slice(tokens.lastIndex);
  }
  return text.slice(0, start.index);
}
