import type { PkiName } from '../../harness/images/distribution-pki.ts';
import type { StoreContent, StoreEntry } from '../../harness/images/pki-store.ts';

/** Who signs the UKI. */
export const DESIGNS = {
  one: { text: 'one certificate for kernel and UKI', uki: 'kernel' },
  dedicated: { text: 'a certificate for UKIs alone', uki: 'uki' },
} as const satisfies Readonly<Record<string, { text: string; uki: PkiName }>>;

/** What is enrolled. */
export const ENROLMENTS = {
  'leaf-in-db': 'the signers’ certificates, in db',
  'leaf-in-mok': 'the signers’ certificates, in MokList',
  'only-ca': 'their CA alone, in db',
} as const;

/** What is booted. */
const PAYLOADS = {
  'uki-1': 'UKI v1',
  'uki-2': 'UKI v2',
  kernel: 'plain kernel, crafted initrd',
} as const;

/** One boot of the table. */
export type AuthorityCell = {
  readonly design: keyof typeof DESIGNS;
  readonly enrolment: keyof typeof ENROLMENTS;
  readonly payload: keyof typeof PAYLOADS;
};

/** Every boot of the table, row by row. */
export const AUTHORITY_CELLS: readonly AuthorityCell[] = keysOf(DESIGNS).flatMap((design) =>
  keysOf(ENROLMENTS).flatMap((enrolment) =>
    keysOf(PAYLOADS).map((payload) => ({ design, enrolment, payload })),
  ),
);

/** Name of a cell's machine. */
export function nameOfCell({ design, enrolment, payload }: AuthorityCell): string {
  return `${design}-${enrolment}-${payload}`;
}

/** Who signs what a cell boots. */
export function signerOf({ design, payload }: AuthorityCell): PkiName {
  return payload === 'kernel' ? 'kernel' : DESIGNS[design].uki;
}

/** Whether shim starts what a cell boots: the firmware knows nothing of MokList. */
export function isByShim({ enrolment }: AuthorityCell): boolean {
  return enrolment === 'leaf-in-mok';
}

/** What a cell boots, for people. */
export function payloadOf({ payload }: AuthorityCell): string {
  return PAYLOADS[payload];
}

/**
 * The variable store of a cell.
 *
 * @param microsoft the certificates by which the firmware trusts shim
 */
export function storeOf(
  { design, enrolment }: AuthorityCell,
  microsoft: readonly StoreEntry[],
): StoreContent {
  const leaves: readonly PkiName[] = design === 'one' ? ['kernel'] : ['kernel', 'uki'];
  switch (enrolment) {
    case 'leaf-in-db':
      return { db: leaves };
    case 'leaf-in-mok':
      return { db: microsoft, mokList: leaves };
    case 'only-ca':
      return { db: ['distribution'] };
  }
}

function keysOf<Key extends string>(of: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(of) as Key[];
}
