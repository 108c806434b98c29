import type { SecureBootRequirement } from '../requirements/secure-boot.ts';
import type { TrialStoreName } from './trial-stores.ts';

/** An image that a requirement says something about. */
export type TrialCase = {
  readonly requirement: SecureBootRequirement;
  readonly store: TrialStoreName;
  /** Name of the image. */
  readonly image: string;
  readonly wanted: 'started' | 'refused';
  /** Name of the image that differs in what is the matter with it, and starts. */
  readonly twin?: string;
};

const SOUND = 'signed by uki';

function refused(
  requirement: SecureBootRequirement,
  store: TrialStoreName,
  images: readonly string[],
  twin = SOUND,
): readonly TrialCase[] {
  return images.map((image) => ({ requirement, store, image, wanted: 'refused', twin }));
}

function started(
  requirement: SecureBootRequirement,
  store: TrialStoreName,
  images: readonly string[],
): readonly TrialCase[] {
  return images.map((image) => ({ requirement, store, image, wanted: 'started' }));
}

const CHANGED = [
  ...['the DOS header', 'between the headers', 'the time stamp', 'the name of a section'],
  ...['the flags of a section', 'padding of the headers', 'the code', 'padding of the code'],
  ...['.sbat', 'padding of .sbat', 'bytes behind the table'],
].map((what) => `changed after signing: ${what}`);

const DAMAGED = [
  ...['a signature stripped', 'a signature whose table is nobody’s', 'a table of no size'],
  ...['signed over another digest', 'changed after signing: the signature', 'garbage alone'],
  ...['signed by nobody', 'digest algorithm unknown', 'an entry of another type', 'a short text'],
];

/** Every image that a requirement names, by firmware and by shim. */
export const TRIAL_CASES: readonly TrialCase[] = [
  ...started('CVM-SB-001', 'leaf-in-db', [SOUND]),
  ...started('CVM-SB-001', 'ca-in-db', [SOUND, 'signed by kernel']),
  ...refused('CVM-SB-001', 'leaf-in-db', ['not signed', 'signed by foreign', 'signed by kernel']),
  ...refused('CVM-SB-001', 'ca-in-db', ['not signed', 'signed by foreign']),
  ...refused('CVM-SB-002', 'leaf-in-db', CHANGED),
  ...refused('CVM-SB-002', 'leaf-in-mok', CHANGED),
  ...refused('CVM-SB-003', 'leaf-in-db', DAMAGED),
  ...refused('CVM-SB-003', 'leaf-in-mok', DAMAGED),
  ...refused('CVM-SB-004', 'ca-in-db', ['signed by revoked']),
  ...refused('CVM-SB-004', 'ca-in-db', [
    'signed by revoked, then by uki',
    'signed by uki, then by revoked',
  ]),
  ...refused('CVM-SB-004', 'certificate-hash-in-dbx', ['signed by revoked']),
  ...refused('CVM-SB-004', 'hash-in-dbx', ['signed by uki', 'not signed'], 'SBAT generation 1'),
  ...started('CVM-SB-005', 'leaf-in-db', ['signed by bench']),
  ...started('CVM-SB-005', 'ca-in-db', ['signed by expired']),
  ...started('CVM-SB-005', 'ca-in-mok', ['signed by expired']),
  ...started('CVM-SB-006', 'leaf-in-mok', [SOUND]),
  ...refused('CVM-SB-006', 'leaf-in-mok', ['not signed', 'signed by foreign', 'signed by kernel']),
  ...refused('CVM-SB-006', 'ca-in-db-for-shim', ['signed by revoked']),
  ...refused('CVM-SB-006', 'ca-in-mok', ['signed by revoked']),
  ...refused('CVM-SB-007', 'ca-in-mok', ['SBAT generation 1'], 'SBAT generation 2'),
  ...refused(
    'CVM-SB-007',
    'ca-in-mok',
    ['SBAT metadata with too few columns', 'SBAT metadata twice'],
    'SBAT generation 2',
  ),
];
