import { describe, expect, it } from 'vitest';
import type { Bench } from '../bench.ts';
import { trySabotage } from '../sabotage.ts';
import { CHANGED_DISKS } from './changed-disks.ts';

/** No judge of these looks at anything. */
const BENCH = {} as Bench;

describe('sabotage of disks', () => {
  it.each(CHANGED_DISKS)('is caught: $requirement, $what', async (sabotage) => {
    const { isCaught, because } = await trySabotage(sabotage, BENCH, new AbortController().signal);
    expect({ isCaught, because }).toMatchObject({ isCaught: true });
  });
});
