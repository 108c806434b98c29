import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../bytes/json-text.ts';
import { EnvironmentError } from '../host/errors.ts';

const Manifest = z.strictObject({
  packages: z.array(
    z.strictObject({
      generation: z.string(),
      suite: z.string(),
      package: z.string(),
      version: z.string(),
    }),
  ),
  builds: z.array(
    z.strictObject({
      generation: z.string(),
      variant: z.enum(['plain', 'secure-boot', 'amd-sev']),
      code: z.strictObject({ file: z.string(), sha256: z.string() }),
      vars: z.strictObject({ file: z.string(), sha256: z.string() }).nullable(),
      capabilities: z.looseObject({ secureBoot: z.boolean(), smm: z.boolean() }).optional(),
    }),
  ),
});

/** The kinds of OVMF build in use. */
export type FirmwareVariant = 'plain' | 'secure-boot' | 'amd-sev';

/** One file of a firmware build, with what the manifest says of it. */
export type FirmwareFile = {
  /** Absolute path. */
  readonly path: string;
  /** Path below the firmware directory, as the manifest has it. */
  readonly file: string;
  readonly sha256: string;
  readonly expectedSha256: string;
};

/** A firmware build that this machine has. */
export type FirmwareBuild = {
  /** edk2's release, e.g. `2025.02`. */
  readonly generation: string;
  readonly variant: FirmwareVariant;
  readonly code: FirmwareFile;
  /** The empty variable store; `null` where the build is one image. */
  readonly vars: FirmwareFile | null;
};

/**
 * Looks up the firmware builds that the manifest describes. A digest that differs is kept in the
 * result: it is for the caller to say aloud and to record.
 *
 * @param manifestPath absolute path of `ovmf/manifest.json`
 * @param directory where set-up unpacked the packages
 * @throws FormatError where the manifest is not one; EnvironmentError where a file is missing
 */
export async function firmwareBuilds(
  manifestPath: string,
  directory: string,
): Promise<readonly FirmwareBuild[]> {
  const place = { file: manifestPath, offset: 0, what: 'a firmware manifest' };
  const { builds } = readJson(place, await readFile(manifestPath), Manifest);
  const file = (entry: { file: string; sha256: string }) => firmwareFile(directory, entry);
  return Promise.all(
    builds.map(async ({ generation, variant, code, vars }) => ({
      generation,
      variant,
      code: await file(code),
      vars: vars && (await file(vars)),
    })),
  );
}

async function firmwareFile(
  directory: string,
  entry: { readonly file: string; readonly sha256: string },
): Promise<FirmwareFile> {
  const path = join(directory, entry.file);
  const content = await readFile(path).catch(() => {
    throw new EnvironmentError({
      missing: `firmware ${entry.file} is not there`,
      remedy: 'run scripts/setup',
    });
  });
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { path, file: entry.file, sha256, expectedSha256: entry.sha256 };
}
