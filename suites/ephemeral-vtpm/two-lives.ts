import { RunDirectory } from '../../harness/host/run-directory.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import type { FirmwareStateContext } from '../../harness/vm/firmware-state.ts';
import { KeptTpm, type Opening, type SwappedTpm } from './kept-tpm.ts';

/** One TPM whose state the host keeps, and another that it does not. */
export type TwoLives = {
  /** EK of the kept one, at two starts, and of the other. */
  readonly ek: { readonly first: string; readonly second: string; readonly other: string };
  /** A volume keyed to the kept one, opened with it at another start, and with the other. */
  readonly volume: { readonly own: Opening; readonly other: Opening };
  /** A counter before it was counted on, after that, and when the state was rolled back. */
  readonly counter: {
    readonly before: string;
    readonly after: string;
    readonly rolledBack: string;
  };
  /** The volume, opened with the state that was rolled back. */
  readonly rolledBack: Opening;
  /** EKs of a copy of the kept one, whose files were those of the other from some moment of its run on. */
  readonly swapped: SwappedTpm;
  /** EK of another copy, whose files were so from its start on. */
  readonly exchanged: string;
};

/**
 * Has both TPMs live, without a guest.
 *
 * @throws InfraError where a tool fails
 */
export async function liveTwice(
  machine: Machine,
  context: FirmwareStateContext,
): Promise<TwoLives> {
  await using directory = await RunDirectory.create(context.reaper);
  await using kept = await KeptTpm.manufacture(machine, context);
  await using other = await KeptTpm.manufacture(machine, context);
  const volume = await kept.makeVolume(directory.path, context);
  const ek = { first: await kept.ek(), second: await kept.ek(), other: await other.ek() };
  const opened = { own: await kept.open(volume), other: await other.open(volume) };
  await using earlier = await kept.clone();
  await using swapped = await kept.clone();
  await using exchanged = await kept.clone();
  const before = await kept.counter();
  await kept.count();
  const after = await kept.counter();
  await kept.state.become(earlier.state);
  const counter = { before, after, rolledBack: await kept.counter() };
  return {
    ...{ ek, volume: opened, counter, rolledBack: await kept.open(volume) },
    swapped: await swapped.swapDuringRun(other),
    exchanged: await exchanged.swapAtRest(other),
  };
}
