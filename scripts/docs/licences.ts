import { z } from 'zod';

/** The part of package-lock.json (npm, lockfileVersion 3) that is read. */
const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
    }),
  ),
});

/** A package that npm installs. */
export type Licensed = {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as the package says. */
  readonly licence: string;
  /** Whether tests and maintenance alone use it. */
  readonly isForDevelopment: boolean;
};

/** Packages that say their licence in a form that npm no longer takes; as their files have it. */
const OLD_FORM: Readonly<Record<string, string>> = {
  buildcheck: 'MIT',
  'cpu-features': 'MIT',
  ssh2: 'MIT',
};

/**
 * Licences of all packages of a lock file.
 *
 * @param lock text of `package-lock.json`
 * @throws ZodError where it is none
 */
export function licencesOf(lock: string): readonly Licensed[] {
  const { packages } = Lock.parse(JSON.parse(lock));
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, { version = '', license, dev = false, devOptional = false }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const licence = license ?? OLD_FORM[name] ?? 'unknown';
      return { name, version, licence, isForDevelopment: dev || devOptional };
    });
}

/** The list for people: by licence, what runs before what is for development. */
export function licencesText(packages: readonly Licensed[]): string {
  const parts = [false, true].flatMap((isForDevelopment) => {
    const some = packages.filter((one) => one.isForDevelopment === isForDevelopment);
    const byLicence = Map.groupBy(some, ({ licence }) => licence);
    return [
      isForDevelopment ? 'for development:' : 'used when it runs:',
      ...[...byLicence].toSorted().map(([licence, of]) => {
        const names = of.map(({ name, version }) => `${name} ${version}`);
        return `  ${licence} (${of.length}): ${names.join(', ')}`;
      }),
    ];
  });
  return `${parts.join('\n')}\n`;
}
