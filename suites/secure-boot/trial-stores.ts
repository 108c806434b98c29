import { createHash } from 'node:crypto';
import type { DistributionPki } from '../../harness/images/distribution-pki.ts';
import type { StoreContent, StoreEntry } from '../../harness/images/pki-store.ts';
import type { TrialLoader } from '../../harness/judge/trial-report.ts';
import { toBeSigned } from '../../harness/predict/firmware/signature-databases.ts';
import { authenticodeOf } from './signed-image.ts';
import { PROGRAM } from './witness-image.ts';

/** What stores are made of. */
export type StoreParts = {
  readonly pki: DistributionPki;
  /** The certificates by which the firmware trusts shim. */
  readonly microsoft: readonly StoreEntry[];
};

/** A variable store, and who judges images by it. */
export type TrialStore = {
  readonly loader: TrialLoader;
  readonly content: (parts: StoreParts) => StoreContent;
  /** Whether images are tried that are sound as programs: where nothing is verified, broken ones would run. */
  readonly onlySound?: true;
};

/** SBAT revokes generation 1 of the component that some images say they are. */
const LEVEL = 'sbat,1,2099010100\nrevocable,2\n';

/** Every store knows `bench`, who signs the conductor. */
export const TRIAL_STORES = {
  'leaf-in-db': {
    loader: 'firmware',
    content: () => ({ db: ['bench', 'uki'] }),
  },
  'ca-in-db': {
    loader: 'firmware',
    content: () => ({ db: ['bench', 'distribution'], dbx: ['revoked'] }),
  },
  'certificate-hash-in-dbx': {
    loader: 'firmware',
    content: ({ pki }) => {
      const digest = createHash('sha256').update(toBeSigned(pki.certificate('revoked')));
      return { db: ['bench', 'distribution'], dbx: [{ x509Sha256: digest.digest('hex') }] };
    },
  },
  'hash-in-dbx': {
    loader: 'firmware',
    content: () => ({
      db: ['bench', 'distribution'],
      dbx: [{ sha256: authenticodeOf(PROGRAM) }],
    }),
  },
  'hash-in-db': {
    loader: 'firmware',
    content: () => ({
      db: ['bench', { sha256: authenticodeOf(PROGRAM) }, { sha1: authenticodeOf(PROGRAM, 'sha1') }],
    }),
  },
  'hash-in-db-and-a-dbx': {
    loader: 'firmware',
    content: () => ({ db: ['bench', { sha256: authenticodeOf(PROGRAM) }], dbx: ['foreign'] }),
  },
  'leaf-in-mok': {
    loader: 'shim',
    content: ({ microsoft }) => ({ db: [...microsoft, 'bench'], mokList: ['uki'] }),
  },
  'ca-in-mok': {
    loader: 'shim',
    content: ({ microsoft }) => ({
      db: [...microsoft, 'bench'],
      mokList: ['distribution'],
      mokListX: ['revoked'],
      sbatLevel: LEVEL,
    }),
  },
  'hash-in-mok': {
    loader: 'shim',
    content: ({ microsoft }) => ({
      db: [...microsoft, 'bench'],
      mokList: [{ sha256: authenticodeOf(PROGRAM) }],
      dbx: ['revoked'],
    }),
  },
  'ca-in-db-for-shim': {
    loader: 'shim',
    content: ({ microsoft }) => ({
      db: [...microsoft, 'bench', 'distribution'],
      dbx: ['revoked'],
    }),
  },
  'secure-boot-off': {
    loader: 'firmware',
    content: () => ({ secureBootEnable: 0, db: ['bench', 'uki'] }),
    onlySound: true,
  },
  'setup-mode': {
    loader: 'firmware',
    content: () => ({ platformKey: null, db: ['bench', 'uki'] }),
    onlySound: true,
  },
  'other-platform-key': {
    loader: 'firmware',
    content: () => ({ platformKey: 'foreign', db: ['bench', 'uki'] }),
    onlySound: true,
  },
  'another-db-entry': {
    loader: 'firmware',
    content: () => ({ db: ['bench', 'uki', 'kernel'] }),
    onlySound: true,
  },
} as const satisfies Readonly<Record<string, TrialStore>>;

export type TrialStoreName = keyof typeof TRIAL_STORES;

/** A store by its name. */
export function trialStore(name: TrialStoreName): TrialStore {
  return TRIAL_STORES[name];
}
