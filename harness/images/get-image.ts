import { rm } from 'node:fs/promises';
import { type BuildContext, buildImage } from './build-image.ts';
import { readDefinition } from './definition.ts';
import { markUsed } from './image-use.ts';
import { isBuilt, type ReferenceImage, referenceImage } from './reference-image.ts';
import { isWhole } from './whole-image.ts';

/**
 * The built image of a definition: from the cache where it is there, else built now.
 *
 * @param definitions absolute path of `vm-images/`
 * @throws UsageError where there is no such image; InfraError where its build fails
 */
export async function getImage(
  definitions: string,
  name: string,
  context: BuildContext,
): Promise<ReferenceImage> {
  const definition = await readDefinition(definitions, name, context.tools);
  const image = referenceImage(definition, context.images);
  if (isBuilt(image) && !(await isWhole(image))) {
    context.onStep(`image ${name}: what is kept of it is damaged, and is built anew`);
    await rm(image.directory, { recursive: true, force: true });
  }
  if (!isBuilt(image)) return await buildImage(definition, context);
  await markUsed(image.directory);
  return image;
}
