import type { ResultTable } from '../../harness/report/table.ts';
import type { OwnImage } from './own-image.ts';

/** What an image of somebody's own was found to have, for the result. */
export function ownImageTable({ facts, noAccess }: OwnImage): ResultTable {
  const rows: readonly (readonly [string, string])[] = [
    ['boot path', facts.path],
    ['programs', facts.programs.join(', ')],
    ['UKIs in EFI/Linux', listed(facts.ukis)],
    ['dm-verity', listed(facts.verity)],
    ['encrypted partitions', listed(facts.luks.map(String))],
    ['not forecast', facts.unknown ?? 'nothing'],
    ['SSH', noAccess ?? 'yes'],
  ];
  return {
    id: 'own-image',
    chapter: 'measured-boot',
    caption: 'What the image was found to have',
    heads: ['of the image'],
    columns: ['found'],
    rows: rows.map(([head, observed]) => ({
      heads: [head],
      cells: [{ predicted: null, observed, state: 'pass' }],
    })),
  };
}

function listed(found: readonly string[]): string {
  return found.length === 0 ? 'none' : found.join('; ');
}
