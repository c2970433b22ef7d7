/** `lagline/elasticsearch`: the published test distribution laid out like the upstream image, able to make API keys. */
import { chmod, cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BASE_IMAGES, ELASTICSEARCH_ZIP_SHA256 } from "../../../stacks/versions.ts";
import { LaglineError } from "../../../model/errors.ts";
import { ensurePackages } from "../apt.ts";
import { ensureCached } from "../cache.ts";
import { runCommand } from "../commands.ts";
import type { PlatformContext } from "../context.ts";
import { hashFile } from "../hash.ts";
import { copyUnverified, ensureMaven } from "../maven.ts";

const JAVA_HOME_LINK = "/usr/lib/jvm/default-runtime";
/** Makes API keys possible: see its source. */
const PLUGIN = "lagline-security-index";
const ENV_MARKER = 'cd "$ES_HOME"';

/**
 * The compiler and the archiver are modules of the Java that runs Elasticsearch, so the plugin needs neither a JDK on
 * this host nor a download. The fixed date makes one content one hash.
 */
const COMPILE_PLUGIN = `java -XX:TieredStopAtLevel=1 -m jdk.compiler/com.sun.tools.javac.Main -proc:none -cp "$(echo lib/*.jar | tr ' ' :)" -d classes source/*.java && java -m jdk.jartool/sun.tools.jar.Main --create --date=2026-01-01T00:00:00Z --file plugin/${PLUGIN}.jar -C classes .`;

export const ELASTICSEARCH_DOCKERFILE = `FROM ${BASE_IMAGES.java} AS plugin
WORKDIR /build
COPY elasticsearch/lib/ lib/
COPY plugin-source/ source/
COPY plugin/ plugin/
RUN ${COMPILE_PLUGIN}

FROM ${BASE_IMAGES.java}
RUN ln -s "$(dirname "$(dirname "$(readlink -f /usr/bin/java)")")" ${JAVA_HOME_LINK}
COPY elasticsearch/ /usr/share/elasticsearch/
COPY --from=plugin /build/plugin/ /usr/share/elasticsearch/modules/${PLUGIN}/
COPY --chown=1000:0 config/ /usr/share/elasticsearch/config/
COPY docker-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
RUN chmod 0775 /usr/share/elasticsearch/config && install -d -o 1000 -g 0 -m 0775 /usr/share/elasticsearch/data /usr/share/elasticsearch/logs /usr/share/elasticsearch/plugins
ENV ES_JAVA_HOME=${JAVA_HOME_LINK} PATH=/usr/share/elasticsearch/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /usr/share/elasticsearch
USER 1000:0
EXPOSE 9200 9300
ENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]
CMD ["eswrapper"]
`;

/** The zip, compared with the hash in `stacks/versions.ts`. */
export async function ensureElasticsearchZip(context: PlatformContext, version: string): Promise<string> {
  const expected = ELASTICSEARCH_ZIP_SHA256[version];
  if (expected === undefined) throw noHash(version);
  const path = join(context.cache, "maven", `elasticsearch-${version}-${expected.slice(0, 16)}.zip`);
  const result = await ensureCached(path, async (workFolder) => {
    return context.mavenLane(async () => {
      await ensureMaven(context);
      const artifact = {
        group: "org.elasticsearch.distribution.integ-test-zip",
        name: "elasticsearch",
        version,
        type: "zip",
      };
      return context.progress.step(`Fetch Elasticsearch ${version} with Maven`, async (step) => {
        const zip = await copyUnverified(step, artifact, workFolder);
        const actual = await hashFile(zip);
        if (actual !== expected) throw wrongHash(version, { expected, actual });
        step.note("SHA-256 as pinned");
        return zip;
      });
    });
  });
  return result.path;
}

/** Lays out what the Dockerfile copies. */
export async function writeElasticsearchFiles(
  context: PlatformContext,
  folder: string,
  zip: { path: string; version: string },
): Promise<void> {
  await ensurePackages(context, ["unzip"]);
  const command = { file: "unzip", args: ["-q", zip.path, "-x", "*.bat", "*.exe", "-d", folder] };
  await runCommand(command, { signal: context.signal });
  const home = join(folder, "elasticsearch");
  await rename(join(folder, `elasticsearch-${zip.version}`), home);
  await rename(join(home, "config"), join(folder, "config"));
  await readEnvironmentSettings(home);
  const files = join(import.meta.dirname, "elasticsearch-files");
  await mkdir(join(folder, "config", "jvm.options.d"), { recursive: true });
  await cp(join(files, "container.options"), join(folder, "config", "jvm.options.d", "container.options"));
  await cp(join(files, "log4j2.properties"), join(folder, "config", "log4j2.properties"));
  await writeFile(
    join(folder, "config", "elasticsearch.yml"),
    'cluster.name: "docker-cluster"\nnetwork.host: 0.0.0.0\n',
  );
  await writePlugin(folder, zip.version);
  await cp(join(files, "docker-entrypoint.sh"), join(folder, "docker-entrypoint.sh"));
  await chmod(join(folder, "docker-entrypoint.sh"), 0o755);
}

/** Elasticsearch loads a plugin only when it names its very version. */
export function pluginDescriptor(version: string): string {
  return [
    "description=Text analysis that the index of API keys needs",
    "version=1",
    `name=${PLUGIN}`,
    "classname=lagline.SecurityIndexAnalysis",
    "java.version=21",
    `elasticsearch.version=${version}`,
    "",
  ].join("\n");
}

async function writePlugin(folder: string, version: string): Promise<void> {
  await cp(
    join(import.meta.dirname, "elasticsearch-files", "security-index"),
    join(folder, "plugin-source"),
    {
      recursive: true,
    },
  );
  await mkdir(join(folder, "plugin"));
  await writeFile(join(folder, "plugin", "plugin-descriptor.properties"), pluginDescriptor(version));
}

/** The zip's scripts ignore settings in the environment; upstream's image reads them at the same place. */
async function readEnvironmentSettings(home: string): Promise<void> {
  const path = join(home, "bin", "elasticsearch-env");
  const text = await readFile(path, "utf8");
  await writeFile(path, addEnvironmentSettings(text), { mode: 0o755 });
  await cp(
    join(import.meta.dirname, "elasticsearch-files", "lagline-env.sh"),
    join(home, "bin", "lagline-env"),
  );
}

export function addEnvironmentSettings(script: string): string {
  const end = script.lastIndexOf(ENV_MARKER);
  if (end === -1) {
    throw new LaglineError({
      code: "LAGLINE_IMAGE_UNEXPECTED_CONTENT",
      message: `bin/elasticsearch-env of this Elasticsearch has no line '${ENV_MARKER}', so settings cannot be read from the environment.`,
      hint: "Use a version that stacks/versions.ts names.",
    });
  }
  return `${script.slice(0, end)}source "$ES_HOME/bin/lagline-env"\n\n${script.slice(end)}`;
}

function noHash(version: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_IMAGE_NO_HASH",
    message: `Elasticsearch ${version} has no SHA-256 in stacks/versions.ts, so its download cannot be verified.`,
    hint: `Use one of ${Object.keys(ELASTICSEARCH_ZIP_SHA256).join(", ")}, or add the hash of the zip.`,
  });
}

function wrongHash(version: string, hashes: { expected: string; actual: string }): LaglineError {
  return new LaglineError({
    code: "LAGLINE_IMAGE_WRONG_HASH",
    message: `The downloaded Elasticsearch ${version} has SHA-256 ${hashes.actual}, but stacks/versions.ts expects ${hashes.expected}.`,
    hint: "Delete it from the local Maven repository and run the command again; when it differs again, do not use that repository.",
    retryable: true,
  });
}
