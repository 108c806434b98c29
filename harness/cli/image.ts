import { imageNames, readDefinition, requireImageNames } from '../images/definition.ts';
import { getImage } from '../images/get-image.ts';
import {
  filesOfImage,
  isBuilt,
  type ReferenceImage,
  referenceImage,
} from '../images/reference-image.ts';
import { HostSession } from './host-session.ts';
import { print } from './output.ts';
import { setUp } from './set-up.ts';
import { toolbox, WORKSPACE } from './workspace.ts';

/**
 * Builds reference images, unless they are there.
 *
 * @param names which; all of them where there is none
 */
export async function buildImages(
  names: readonly string[],
  { json }: { readonly json: boolean },
): Promise<void> {
  const there = await requireImageNames(WORKSPACE.definitions, names);
  await using session = new HostSession();
  await setUp(session);
  const all = names.length === 0 ? there : names;
  const images: ReferenceImage[] = [];
  for (const name of all) images.push(await builtImage(name, session));
  const report = images.map((image) => ({
    name: image.name,
    key: image.key,
    built: true,
    ...filesOfImage(image),
  }));
  print({ images: report }, json, () =>
    images.map((image) => [image.name, ...Object.values(filesOfImage(image))].join(' ')).join('\n'),
  );
}

/** A reference image, built now where it is not there. */
export function builtImage(name: string, session: HostSession): Promise<ReferenceImage> {
  return getImage(WORKSPACE.definitions, name, {
    tools: toolbox(),
    reaper: session.reaper,
    images: WORKSPACE.images,
    onStep: (text) => session.step(text),
    signal: session.signal,
  });
}

/** Lists the reference images. */
export async function listImages({ json }: { readonly json: boolean }): Promise<void> {
  await using session = new HostSession();
  await setUp(session);
  const names = await imageNames(WORKSPACE.definitions);
  const images = await Promise.all(
    names.map(async (name) => {
      const definition = await readDefinition(WORKSPACE.definitions, name, toolbox());
      const image = referenceImage(definition, WORKSPACE.images);
      return { name, key: image.key, built: isBuilt(image), ...filesOfImage(image) };
    }),
  );
  await session.close();
  print({ images }, json, () =>
    images.map(({ name, built, key }) => `${name}  ${built ? key : 'not built'}`).join('\n'),
  );
}
