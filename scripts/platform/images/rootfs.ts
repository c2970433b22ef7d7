/** Debian root file systems from the host's own mirror, without a container registry. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BASE_IMAGES } from "../../../stacks/versions.ts";
import { renderSources } from "../apt-sources.ts";
import { ensurePackages, readHostAptConfig } from "../apt.ts";
import { ensureCached } from "../cache.ts";
import type { PlatformContext } from "../context.ts";
import { hashInputs } from "../hash.ts";
import type { Step } from "../progress.ts";
import { asRoot, isRoot } from "../root.ts";

/** Raise it when the recipe below changes in a way that the package list does not show. */
const RECIPE = 1;

/** uid 1000 runs Kafka and Elasticsearch as upstream's images do; 10001 runs everything of ours. */
const USERS = [
  { id: 1000, name: "app" },
  { id: 10_001, name: "lagline" },
] as const;

const SLIM_DPKG_OPTIONS = [
  "force-unsafe-io",
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/doc/*",
  "path-exclude=/usr/share/locale/*",
  "path-exclude=/usr/share/info/*",
  "path-include=/usr/share/doc/*/copyright",
];

const BASE_PACKAGES = ["ca-certificates", "wget", "libstdc++6", "libatomic1"];

/**
 * mmdebstrap mounts /proc, /sys and devices below its folder and leaves them there when it is stopped. In namespaces of
 * its own they never show on the host, and one kill ends it with everything it started.
 */
const ISOLATION = [
  "--mount",
  "--propagation",
  "private",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
  "--",
] as const;

export const ROOTFS = {
  base: { title: "Debian base", packages: BASE_PACKAGES },
  // curl is in upstream's Elasticsearch image, where health checks use it.
  java: {
    title: "Debian base with Java 21",
    packages: [...BASE_PACKAGES, "curl", "openjdk-21-jre-headless"],
  },
} as const;

export type RootfsName = keyof typeof ROOTFS;

export function rootfsHash(name: RootfsName): string {
  return hashInputs({
    recipe: RECIPE,
    packages: ROOTFS[name].packages,
    suite: BASE_IMAGES.debianSuite,
    users: USERS,
    options: SLIM_DPKG_OPTIONS,
    arch: process.arch,
  });
}

/** Path of the finished tar file. */
export async function ensureRootfs(context: PlatformContext, name: RootfsName): Promise<string> {
  const path = join(context.cache, "rootfs", `${name}-${rootfsHash(name).slice(0, 16)}.tar`);
  const result = await ensureCached(path, async (workFolder) => {
    await ensurePackages(context, ["mmdebstrap", "debian-archive-keyring"]);
    return context.progress.step(
      `Assemble ${ROOTFS[name].title} (${BASE_IMAGES.debianSuite})`,
      async (step) => {
        return assemble(context, step, { name, workFolder });
      },
    );
  });
  return result.path;
}

/** mmdebstrap resolves release, updates and security fixes in one go and needs a third of debootstrap's time. */
async function assemble(
  context: PlatformContext,
  step: Step,
  target: { name: RootfsName; workFolder: string },
): Promise<string> {
  const host = await readHostAptConfig(context);
  // A file, not arguments: proxy addresses may hold a password, and arguments are visible to every user.
  const options = join(target.workFolder, "apt.conf");
  const temporary = join(target.workFolder, "tmp");
  const tar = join(target.workFolder, "rootfs.tar");
  await mkdir(temporary, { mode: 0o755 });
  await writeFile(
    options,
    `${host.transportOptions}\nAPT::Install-Recommends "false";\nAcquire::Languages "none";\n`,
    { mode: 0o600 },
  );
  await step.run(
    await asRoot(
      {
        file: "unshare",
        args: [
          ...ISOLATION,
          "mmdebstrap",
          ...mmdebstrapArguments(ROOTFS[target.name].packages, options),
          BASE_IMAGES.debianSuite,
          `${tar}.partial`,
          // `-` reads the mirrors from standard input; without it mmdebstrap knows Debian's public ones.
          ...(host.mirrors === undefined ? [] : ["-"]),
        ],
        ...(host.mirrors === undefined
          ? {}
          : { input: renderSources(host.mirrors, BASE_IMAGES.debianSuite) }),
        env: { TMPDIR: temporary },
        killSignal: "SIGKILL",
      },
      step.signal,
    ),
  );
  if (!isRoot())
    await step.run(await asRoot({ file: "chmod", args: ["0644", `${tar}.partial`] }, step.signal));
  await rename(`${tar}.partial`, tar);
  return tar;
}

function mmdebstrapArguments(packages: readonly string[], optionsFile: string): readonly string[] {
  const accounts = USERS.map(
    ({ id, name }) =>
      `chroot "$1" sh -c 'groupadd -g ${id} ${name} && useradd -u ${id} -g ${id} -M -d /nonexistent -s /usr/sbin/nologin ${name}'`,
  );
  return [
    "--variant=minbase",
    "--mode=root",
    "--format=tar",
    `--include=${packages.join(",")}`,
    `--aptopt=${optionsFile}`,
    ...SLIM_DPKG_OPTIONS.map((option) => `--dpkgopt=${option}`),
    // update-alternatives of the JRE links manual pages and fails without their folder.
    '--essential-hook=mkdir -p "$1/usr/share/man/man1"',
    ...accounts.map((hook) => `--customize-hook=${hook}`),
    // The host's mirror and proxy stay on the host.
    '--customize-hook=rm -rf "$1/etc/apt/sources.list" "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/var/log/apt" "$1/var/log/dpkg.log"',
  ];
}
