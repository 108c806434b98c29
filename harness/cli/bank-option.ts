import { UsageError } from '../host/errors.ts';
import { ALL_BANKS, type Bank, isBank } from '../measure/bank.ts';

/**
 * Banks of a list such as `sha256,sha384`.
 *
 * @throws UsageError where a name is none of a bank
 */
export function parseBanks(text: string): readonly Bank[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isBank(name));
  if (unknown === undefined) return [...new Set(names.filter(isBank))];
  throw new UsageError(`no PCR bank "${unknown}"; there are: ${ALL_BANKS.join(', ')}`);
}
