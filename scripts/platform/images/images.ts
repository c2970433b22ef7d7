/** Makes the images of a deployment available: pulled from their registry, or built here from package registries. */
import { type Component, IMAGES } from "../../../stacks/versions.ts";
import { createContext, type PlatformContext, type PlatformOptions } from "../context.ts";
import { runTogether } from "../run-together.ts";
import { type BaseImages, buildLocalImage, describeLocalImage, isCurrent, type LocalImage } from "./build.ts";
import { findImage } from "./docker.ts";
import { describeUnavailable, type ImageSource, planImage } from "./plan.ts";
import { type PullResult, pullFailed, pullImage, type UnreachableRegistries } from "./registry.ts";

export type ImageRequest = PlatformOptions & {
  readonly source: ImageSource;
  readonly components: readonly Component[];
};

export type ImageResult = {
  readonly source: "registry" | "local" | "unavailable";
  /** What a container definition names; for `unavailable` the name that was tried. */
  readonly reference: string;
  /** Content address of the image on this host: changes when the content behind `reference` does. */
  readonly id?: string;
  /** A sentence for the person, when something is not as asked. */
  readonly note?: string;
};

type Run = {
  readonly source: ImageSource;
  readonly bases: BaseImages;
  readonly unreachable: UnreachableRegistries;
};

export async function ensureImages(request: ImageRequest): Promise<Map<Component, ImageResult>> {
  const stop = new AbortController();
  const context = createContext({ ...request, signal: AbortSignal.any([request.signal, stop.signal]) });
  const run: Run = { source: request.source, bases: new Map(), unreachable: new Map() };
  const components = [...new Set(request.components)];
  const pairs = await runTogether(stop, components, async (component) => ensureOne(context, component, run));
  return new Map(pairs);
}

async function ensureOne(context: PlatformContext, component: Component, run: Run): Promise<ImageResult> {
  const upstream = IMAGES[component].upstream ?? "";
  const local = component === "grafana" ? undefined : await describeLocalImage(context, component);
  const upstreamPresent = upstream !== "" && (await findImage(upstream, context.signal)) !== undefined;
  const localCurrent = local !== undefined && (await isCurrent(local, context.signal));
  const action = planImage(component, run.source, { upstreamPresent, localCurrent });
  switch (action) {
    case "use-upstream":
      return describe(context, upstream, "registry");
    case "use-local":
      return describe(context, local?.reference ?? "", "local");
    case "pull":
    case "pull-or-build":
      return pullOrBuild(context, { component, upstream, local }, run);
    case "build":
      return build(context, local, run);
    case "unavailable":
      return { source: "unavailable", reference: upstream, note: describeUnavailable(component) };
  }
}

type Target = {
  readonly component: Component;
  readonly upstream: string;
  readonly local: LocalImage | undefined;
};

async function pullOrBuild(context: PlatformContext, target: Target, run: Run): Promise<ImageResult> {
  const pulled: PullResult = await pullImage(context, target.upstream, run.unreachable);
  if (pulled.pulled) return describe(context, target.upstream, "registry");
  if (target.local === undefined) {
    return {
      source: "unavailable",
      reference: target.upstream,
      note: describeUnavailable(target.component, pulled.reason),
    };
  }
  if (run.source === "registry") throw pullFailed(target.upstream, pulled.reason);
  const result = await build(context, target.local, run);
  return {
    ...result,
    note: `Built on this host, because "${target.upstream}" could not be pulled (${pulled.reason}).`,
  };
}

async function build(
  context: PlatformContext,
  local: LocalImage | undefined,
  run: Run,
): Promise<ImageResult> {
  if (local === undefined) throw new Error("a component without a local image is never planned to be built");
  await buildLocalImage(context, local, run.bases);
  return describe(context, local.reference, "local");
}

async function describe(
  context: PlatformContext,
  reference: string,
  source: "registry" | "local",
): Promise<ImageResult> {
  const image = await findImage(reference, context.signal);
  return { source, reference, ...(image === undefined ? {} : { id: image.id }) };
}
