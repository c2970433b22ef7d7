/** Builds local images: base first, parts beside it, nothing twice. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BASE_IMAGES, IMAGES } from "../../../stacks/versions.ts";
import { LaglineError } from "../../../model/errors.ts";
import type { PlatformContext } from "../context.ts";
import { hashInputs } from "../hash.ts";
import { buildImage, findImage, importImage, removeOutdated } from "./docker.ts";
import { type BuiltComponent, createRecipe, type Recipe } from "./recipes.ts";
import { ensureRootfs, ROOTFS, rootfsHash, type RootfsName } from "./rootfs.ts";

/** Base images of this run, so that two images on one base make it once. */
export type BaseImages = Map<RootfsName, Promise<void>>;

export type LocalImage = {
  /** Name with a tag that is different for every content, so that a deployment notices a new build. */
  readonly reference: string;
  /** The name in `stacks/versions.ts`; it follows the newest build. */
  readonly plainReference: string;
  readonly hash: string;
  readonly recipe: Recipe;
};

export async function describeLocalImage(
  context: PlatformContext,
  component: BuiltComponent,
): Promise<LocalImage> {
  const recipe = await createRecipe(context, component);
  const hash = hashInputs({
    base: rootfsHash(recipe.base),
    dockerfile: recipe.dockerfile,
    inputs: recipe.inputs,
  });
  const plainReference = IMAGES[component].local;
  if (plainReference === undefined) {
    throw new LaglineError({
      code: "LAGLINE_IMAGE_NO_LOCAL_NAME",
      message: `stacks/versions.ts gives "${component}" no local image name.`,
    });
  }
  return { reference: `${plainReference}-${hash.slice(0, 12)}`, plainReference, hash, recipe };
}

export async function isCurrent(image: LocalImage, signal: AbortSignal): Promise<boolean> {
  return (await findImage(image.reference, signal))?.inputHash === image.hash;
}

export async function buildLocalImage(
  context: PlatformContext,
  image: LocalImage,
  bases: BaseImages,
): Promise<void> {
  const [fill] = await Promise.all([
    image.recipe.obtain(),
    ensureBaseImage(context, image.recipe.base, bases),
  ]);
  const folder = await makeBuildFolder(context);
  try {
    await context.progress.step(`Build image ${image.plainReference}`, async (step) => {
      await fill(folder);
      await writeFile(join(folder, "Dockerfile"), image.recipe.dockerfile);
      const references = [image.reference, image.plainReference];
      await buildImage(step, { references, folder, hash: image.hash });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const built = await findImage(image.reference, context.signal);
  if (built !== undefined) await removeOutdated(`${image.plainReference}-`, built.id, context.signal);
}

async function ensureBaseImage(context: PlatformContext, name: RootfsName, bases: BaseImages): Promise<void> {
  const running = bases.get(name) ?? importBase(context, name);
  bases.set(name, running);
  await running;
}

async function importBase(context: PlatformContext, name: RootfsName): Promise<void> {
  const reference = BASE_IMAGES[name];
  const hash = rootfsHash(name);
  if ((await findImage(reference, context.signal))?.inputHash === hash) return;
  const tar = await ensureRootfs(context, name);
  await context.progress.step(`Import ${ROOTFS[name].title} as ${reference}`, async (step) => {
    await importImage(step, { reference, tar, hash });
  });
}

async function makeBuildFolder(context: PlatformContext): Promise<string> {
  const parent = join(context.cache, "build");
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, "image-"));
}
