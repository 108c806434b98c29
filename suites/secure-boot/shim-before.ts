import { bytesSource } from '../../harness/bytes/source.ts';
import type { VariableStore } from '../../harness/formats/efi-variable-store.ts';
import type { OvmfBuild } from '../../harness/formats/ovmf-build.ts';
import type { Shim } from '../../harness/formats/shim.ts';
import { authoriseImage } from '../../harness/predict/authorisation.ts';
import { sbatLevelAfterShim } from '../../harness/predict/shim/shim-sbat-level.ts';
import { mokLists, shimStateEvents } from '../../harness/predict/shim/shim-state.ts';
import { authenticodeOf } from './signed-image.ts';

/** What is measured before shim starts its second stage: SHA-256 digests. */
export type ShimBefore = {
  /** Of PCR 4: shim itself. */
  readonly programs: readonly string[];
  /** Of PCR 7: what authorises shim, and what shim says of itself. */
  readonly authorities: readonly string[];
};

/** The forecast of what the firmware measures of shim, and shim of itself. */
export function shimBefore(
  {
    shimFile,
    shim,
    build,
  }: { readonly shimFile: Uint8Array; readonly shim: Shim; readonly build: OvmfBuild },
  store: VariableStore,
): ShimBefore {
  const banks = { banks: ['sha256'] } as const;
  const source = bytesSource('shim', shimFile);
  const { firmware } = authoriseImage(banks, source, store, undefined, build);
  const level = sbatLevelAfterShim(shim, store.variables, true);
  if (!('data' in level)) throw new TypeError(level.unknown);
  const lists = mokLists(shim, store.variables);
  const state = shimStateEvents(banks, lists, store.variables, level.data);
  const authorities = [...firmware.events, ...state.filter(({ pcr }) => pcr === 7)];
  return {
    programs: [authenticodeOf(shimFile)],
    authorities: authorities.flatMap(({ digests }) => digests.sha256 ?? []),
  };
}
