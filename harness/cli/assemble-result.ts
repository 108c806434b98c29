import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { REQUIREMENTS } from '../../suites/requirements/index.ts';
import type { SuiteOutcome } from '../../suites/run-suites.ts';
import { type BootSetting, dossierOf, type SuiteBoot } from '../../suites/setting.ts';
import type { HostFacts } from '../host/host-facts.ts';
import type { FirmwareBuild, FirmwareFile } from '../images/firmware-build.ts';
import { IMAGE_INDEX } from '../images/image-use.ts';
import type { ReferenceImage } from '../images/reference-image.ts';
import { claimOf } from '../report/claim.ts';
import { Result } from '../report/result.ts';
import { stateOf } from '../report/state-of.ts';
import { summarise } from '../report/summary.ts';
import type { AcceleratorChoice } from '../vm/accelerator.ts';
import type { ConformanceFlags } from './machine-flags.ts';
import { shellWord } from './shell-word.ts';
import { VERSION } from './version.ts';

/** All that a run came to and depended on. */
export type RunParts = SuiteOutcome & {
  readonly flags: ConformanceFlags;
  /** What part of the whole was run. */
  readonly part: Pick<Result['run'], 'interrupted' | 'quick' | 'shard'>;
  readonly startedAt: Date;
  /** Directory of the run. */
  readonly run: string;
  readonly setting: BootSetting;
  readonly accelerator: AcceleratorChoice;
  readonly firmware: readonly FirmwareBuild[];
  /** What was booted: reference images, or one of the user's own. */
  readonly images: readonly (ReferenceImage | OwnImageFile)[];
  readonly host: HostFacts;
  /** What the code is of, as {@link checkoutCommit} says. */
  readonly commit: string | null;
};

/** An image of the user's own: its file. */
export type OwnImageFile = {
  readonly kind: 'own';
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
};

/** Digits of a digest that stand for an image in place of a key. */
const KEY_DIGITS = 16;

/** Puts a run's result together; a requirement that no test answered is in it as `not-tested`. */
export async function assembleResult(parts: RunParts): Promise<Result> {
  const { flags, startedAt, setting, accelerator } = parts;
  const finishedAt = new Date();
  const requirements = REQUIREMENTS.map((requirement) => {
    const findings = parts.findings.filter((finding) => finding.requirement === requirement.id);
    return { ...requirement, state: stateOf(findings), findings };
  });
  const result = {
    schemaVersion: 1 as const,
    run: {
      id: basename(parts.run),
      startedAt: startedAt.toISOString(),
      finishedAt: finishedAt.toISOString(),
      seconds: (finishedAt.getTime() - startedAt.getTime()) / 1000,
      profile: flags.profile,
      seed: flags.seed,
      ...parts.part,
      command: ['npm run conformance --', ...process.argv.slice(3).map(shellWord)]
        .join(' ')
        .replace(/ --$/, ''),
    },
    suite: { name: 'cvm-conformance' as const, version: VERSION, commit: parts.commit },
    accelerator: {
      name: accelerator.accelerator,
      reason: accelerator.reason,
      asked: flags.accel,
    },
    environment: {
      host: parts.host,
      tools: setting.toolVersions,
      firmware: parts.firmware.flatMap(firmwareFiles),
      images: await Promise.all(parts.images.map(imageEntry)),
    },
    boots: parts.boots.map(bootEntry),
    requirements,
    ...(parts.tables.length > 0 && { tables: parts.tables }),
    summary: summarise(requirements),
  };
  return Result.parse({ ...result, claim: claimOf(result) });
}

function firmwareFiles({ generation, code, vars }: FirmwareBuild) {
  return [code, vars]
    .filter((file): file is FirmwareFile => file !== null)
    .map(({ file, sha256, expectedSha256 }) => ({
      file,
      generation,
      sha256,
      expectedSha256,
      matches: sha256 === expectedSha256,
    }));
}

/** An image is known by the digest of what is booted of it: its disk, or its initrd. */
async function imageEntry(image: ReferenceImage | OwnImageFile) {
  if (image.kind === 'own') {
    const { name, sha256 } = image;
    return { name, key: sha256.slice(0, KEY_DIGITS), sha256 };
  }
  const { name, key, directory, kind } = image;
  const index = JSON.parse(await readFile(join(directory, IMAGE_INDEX), 'utf8')) as Readonly<
    Record<'disk' | 'initrd', { readonly sha256: string }>
  >;
  return { name, key, sha256: index[kind === 'disk' ? 'disk' : 'initrd'].sha256 };
}

function bootEntry({ machine, stages, seconds, state }: SuiteBoot) {
  return { name: machine, dossier: dossierOf(machine), stages, seconds, state };
}
