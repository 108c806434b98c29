import {
  type JudgedAuthority,
  judgeAuthority,
  judgeRelation,
  type PcrRelation,
} from '../../harness/judge/judge-authority.ts';
import { DIRECT_BOOT_FILES } from '../../harness/vm/direct-boot-run.ts';
import { record } from '../record.ts';
import type { SecureBootRequirement } from '../requirements/secure-boot.ts';
import { firmwareRunOf } from '../setting.ts';
import { needing } from '../suite-test.ts';
import { AUTHORITY_CELLS, type AuthorityCell, nameOfCell } from './authority-cells.ts';
import { authorityTable } from './authority-table.ts';
import { test } from './secure-boot-test.ts';

/** Who signs, and what is enrolled: three boots of the table. */
type Setup = Pick<AuthorityCell, 'design' | 'enrolment'>;

/** What PCR 7 is to say of the next version of a UKI, and of a genuine kernel. */
type Wanted = { readonly uki: PcrRelation; readonly kernel: PcrRelation };

/** A requirement on every boot of the table of authorities: one test, and one row of the table, for a boot. */
export function authorities(id: SecureBootRequirement): void {
  for (const cell of AUTHORITY_CELLS) {
    const name = nameOfCell(cell);
    test(
      `${id} ${name}: authority, PCR 7 and PCR 4 as computed`,
      needing(name),
      async ({ authorities: runs, task, signal }) => {
        await record(task.meta, id, name, firmwareRunOf(name), async () => {
          const boot = await runs.of(cell, signal);
          const first = await runs.of({ ...cell, payload: 'uki-1' }, signal);
          const tables = [authorityTable([{ cell, boot, first }])];
          const judgements = judgeAuthority(boot, DIRECT_BOOT_FILES);
          return { flaky: false, judgements, tables };
        });
      },
    );
  }
}

/** A requirement on what PCR 7 tells apart where UKI and kernel are signed and enrolled in some ways. */
export function pcr7Tells(
  id: SecureBootRequirement,
  setups: readonly Setup[],
  wanted: Wanted,
): void {
  for (const setup of setups) {
    const first: AuthorityCell = { ...setup, payload: 'uki-1' };
    const name = nameOfCell(first);
    test(
      `${id} ${name}: what PCR 7 and PCR 4 tell apart`,
      needing(name),
      async ({ authorities: runs, task, signal }) => {
        await record(task.meta, id, name, firmwareRunOf(name), async () => {
          const uki = await runs.of(first, signal);
          const newer = await runs.of({ ...setup, payload: 'uki-2' }, signal);
          const kernel = await runs.of({ ...setup, payload: 'kernel' }, signal);
          return { flaky: false, judgements: relations(uki, newer, kernel, wanted) };
        });
      },
    );
  }
}

function relations(
  uki: JudgedAuthority,
  newer: JudgedAuthority,
  kernel: JudgedAuthority,
  wanted: Wanted,
) {
  return [
    judgeRelation(7, [uki, newer], wanted.uki, DIRECT_BOOT_FILES),
    judgeRelation(7, [uki, kernel], wanted.kernel, DIRECT_BOOT_FILES),
    judgeRelation(4, [uki, newer], 'differs', DIRECT_BOOT_FILES),
    judgeRelation(4, [uki, kernel], 'differs', DIRECT_BOOT_FILES),
  ];
}
