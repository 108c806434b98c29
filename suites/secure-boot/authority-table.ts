import {
  type JudgedAuthority,
  type PcrRelation,
  relationOf,
} from '../../harness/judge/judge-authority.ts';
import type { ResultTable, TableCell } from '../../harness/report/table.ts';
import { type AuthorityCell, DESIGNS, ENROLMENTS, payloadOf } from './authority-cells.ts';

/** A boot of the table, and the boot of UKI v1 that it is held against. */
export type TableBoot = {
  readonly cell: AuthorityCell;
  readonly boot: JudgedAuthority;
  readonly first: JudgedAuthority;
};

/** Rows of the table of authorities: every cell computed and observed. */
export function authorityTable(boots: readonly TableBoot[]): ResultTable {
  return {
    id: 'authorities',
    chapter: 'secure-boot',
    caption:
      'Which entry authorises a boot, and what PCR 7 and PCR 4 make of a newer UKI and of a genuine kernel with an attacker’s initrd',
    heads: ['signed with', 'enrolled', 'booted'],
    columns: ['authority', 'PCR 7', 'PCR 7 against UKI v1', 'PCR 4 against UKI v1'],
    rows: boots.map(({ cell, boot, first }) => ({
      heads: [DESIGNS[cell.design].text, ENROLMENTS[cell.enrolment], payloadOf(cell)],
      cells: [
        cellOf(boot.predicted.authority, boot.observed.authority),
        cellOf(boot.predicted.pcr7, boot.observed.pcr7),
        relation('pcr7', boot, first),
        relation('pcr4', boot, first),
      ],
    })),
  };
}

function relation(pcr: 'pcr4' | 'pcr7', boot: JudgedAuthority, first: JudgedAuthority): TableCell {
  const of = (side: 'predicted' | 'observed'): PcrRelation =>
    relationOf(boot[side][pcr], first[side][pcr]);
  return cellOf(of('predicted'), of('observed'));
}

function cellOf(predicted: string | undefined, observed: string | undefined): TableCell {
  const isSame = predicted !== undefined && predicted === observed;
  return {
    predicted: predicted ?? null,
    observed: observed ?? null,
    state: isSame ? 'pass' : 'fail',
  };
}
