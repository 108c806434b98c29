import type { Finding, State } from '../../judge/finding.ts';
import { claimOf } from '../claim.ts';
import type { JudgedRequirement, Result } from '../result.ts';
import { stateOf } from '../state-of.ts';
import { summarise } from '../summary.ts';
import type { ResultTable } from '../table.ts';

const ID = 'CVM-XX-001';

/** A finding that a test changes as it needs. */
export function finding(changes: Partial<Finding> = {}): Finding {
  return {
    requirement: ID,
    machine: 'uki-verity',
    state: 'pass',
    sentence: 'PCR 11 has the predicted value',
    expected: 'sha256:11=aa',
    observed: 'sha256:11=aa',
    witness: 'guest command',
    evidence: 'dossiers/uki-verity/pcrread.txt',
    reproduce: 'scripts/cvm judge results/r1/dossiers/uki-verity',
    ...changes,
  };
}

/** A requirement with one finding for each state. */
export function judged(id: string, level: 'MUST' | 'SHOULD', ...states: readonly State[]) {
  const findings = states.map((state) => finding({ requirement: id, state }));
  return {
    id,
    chapter: 'measured-boot',
    level,
    sentence: 'PCR 11 holds every section of the UKI.',
    citation: 'systemd-stub(7)',
    shownBy: 'prediction and PCR',
    state: stateOf(findings),
    findings,
  } satisfies JudgedRequirement;
}

/** A result with these requirements. */
export function resultWith(requirements: readonly JudgedRequirement[]): Result {
  const result = { ...SAMPLE, requirements, summary: summarise(requirements) };
  return { ...result, claim: claimOf(result) };
}

/** A table of one row: a cell that is as predicted, and one that is not. */
export function sampleTable(): ResultTable {
  return {
    id: 'certificates',
    chapter: 'secure-boot',
    caption: 'Which certificate PCR 7 holds',
    heads: ['enrolled', 'booted'],
    columns: ['authority', 'PCR 7 stays'],
    rows: [
      {
        heads: ['leaf in db', 'UKI v2'],
        cells: [
          { predicted: 'leaf', observed: 'leaf', state: 'pass' },
          { predicted: 'yes', observed: 'no', state: 'fail' },
        ],
      },
    ],
  };
}

const DIGEST = 'ab'.repeat(32);

const SAMPLE: Omit<Result, 'claim' | 'requirements' | 'summary'> = {
  schemaVersion: 1,
  run: {
    id: '2026-11-21T07-00-00Z',
    startedAt: '2026-11-21T07:00:00.000Z',
    finishedAt: '2026-11-21T07:02:00.500Z',
    seconds: 120.5,
    profile: 'emulated',
    seed: 7,
    command: 'scripts/cvm conformance --seed 7',
  },
  suite: { name: 'cvm-conformance', version: '0.1.0', commit: null },
  accelerator: { name: 'tcg', reason: 'TCG was asked for', asked: 'tcg' },
  environment: {
    host: {
      os: 'Debian GNU/Linux 12 (bookworm)',
      kernel: '6.1.0-30-amd64',
      cpuModel: 'AMD EPYC 9124',
      cores: 2,
      memoryMiB: 7936,
    },
    tools: { qemu: '10.0.2', swtpm: '0.10.1' },
    firmware: [
      {
        file: 'OVMF_CODE_4M.fd',
        generation: '2025.02',
        sha256: DIGEST,
        expectedSha256: DIGEST,
        matches: true,
      },
    ],
    images: [{ name: 'uki-verity', sha256: DIGEST, key: DIGEST }],
  },
  boots: [
    {
      name: 'uki-verity',
      dossier: 'dossiers/uki-verity',
      stages: [
        { stage: 'firmware', atMs: 0 },
        { stage: 'kernel', atMs: 8123.4 },
      ],
      seconds: 24.06,
      state: 'pass',
    },
  ],
};
