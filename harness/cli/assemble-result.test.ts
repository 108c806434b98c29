import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REQUIREMENTS } from '../../suites/requirements/index.ts';
import type { FirmwareBuild } from '../images/firmware-build.ts';
import { diskImage } from '../images/reference-image.ts';
import { finding } from '../report/testing/sample-result.ts';
import { assembleResult, type RunParts } from './assemble-result.ts';

const DIGEST = 'ab'.repeat(32);

let folder: string;

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  await writeFile(join(folder, 'image.json'), JSON.stringify({ disk: { sha256: DIGEST } }));
});

afterEach(() => rm(folder, { recursive: true }));

function build(code: string, sha256 = DIGEST): FirmwareBuild {
  const file = { path: code, file: code, sha256, expectedSha256: DIGEST };
  return { generation: '2025.02', variant: 'secure-boot', code: file, vars: null };
}

function parts(changes: Partial<RunParts>): RunParts {
  const firmware = [build('CODE.fd', 'cd'.repeat(32)), build('OTHER.fd')];
  const image = diskImage(
    { name: 'uki-verity', key: 'key', directory: '', common: '', bases: [] },
    folder,
  );
  return {
    flags: { accel: 'auto', tools: 'toolbox', profile: 'emulated', seed: 1, flips: 2000 },
    part: {},
    startedAt: new Date(),
    run: join(folder, 'r1'),
    setting: {
      run: join(folder, 'r1'),
      tools: { kind: 'host' },
      accelerator: 'tcg',
      cache: folder,
      toolVersions: { swtpm: '0.10' },
      stock: {
        images: { [image.name]: image },
        firmware,
        toolbox: { kind: 'toolbox', root: folder },
        inputs: folder,
      },
      jobs: 1,
      seconds: {},
    },
    accelerator: { accelerator: 'tcg', reason: 'KVM does not work here', probeSeconds: 0 },
    firmware,
    images: [{ ...image, directory: folder }],
    host: { os: 'os', kernel: '6', cpuModel: 'cpu', cores: 2, memoryMiB: 1024 },
    commit: null,
    findings: [],
    boots: [],
    tables: [],
    ...changes,
  };
}

const MUST = REQUIREMENTS.filter(({ level }) => level === 'MUST').length;
const passed = REQUIREMENTS.map(({ id }) => finding({ requirement: id }));

describe('the result of a run', () => {
  it('claims conformance where every requirement passed', async () => {
    const { claim, summary } = await assembleResult(parts({ findings: passed }));
    expect(summary.pass).toBe(REQUIREMENTS.length);
    expect(claim).toContain('Image uki-verity (sha256 abababababab…) meets ');
    expect(claim).toContain(`all ${MUST} MUST`);
  });

  it('claims nothing where a MUST was not tested', async () => {
    const { claim, requirements, summary } = await assembleResult(
      parts({ findings: passed.slice(1) }),
    );
    expect(requirements[0]).toMatchObject({ id: 'CVM-MB-001', state: 'not-tested', findings: [] });
    expect(summary.must).toEqual({ met: MUST - 1, total: MUST });
    expect(claim).toContain(
      `${MUST - 1} of ${MUST} MUST requirements of cvm-conformance 0.1.0, profile emulated, under TCG, all that ` +
        'were judged; no claim of conformance, as 1 was not judged: CVM-MB-001 (not looked at).',
    );
  });

  it('lists the firmware that the suites had, and where a build is not the one of the manifest', async () => {
    const { environment } = await assembleResult(parts({}));
    expect(environment.firmware).toEqual([
      {
        file: 'CODE.fd',
        generation: '2025.02',
        sha256: 'cd'.repeat(32),
        expectedSha256: DIGEST,
        matches: false,
      },
      {
        file: 'OTHER.fd',
        generation: '2025.02',
        sha256: DIGEST,
        expectedSha256: DIGEST,
        matches: true,
      },
    ]);
  });

  it('says where the dossier of each boot lies', async () => {
    const boots = [{ machine: 'uki', stages: [], seconds: 20, state: 'flaky' as const }];
    expect((await assembleResult(parts({ boots }))).boots).toEqual([
      { name: 'uki', dossier: 'dossiers/uki', stages: [], seconds: 20, state: 'flaky' },
    ]);
  });
});
