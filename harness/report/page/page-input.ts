import type { Result } from '../result.ts';
import type { PcrComparison } from './pcr-comparison.ts';

/** What a page shows of one boot besides what the result says. */
export type BootEvidence = {
  /** Forecast against observation, a PCR each; none where there is no forecast or no evidence. */
  readonly pcrs: readonly PcrComparison[];
  /** What is wrong with the evidence, a sentence; absent where nothing is. */
  readonly problem?: string;
};

/** Bytes of an image with one meaning and one protection, as `cvm coverage` says it. */
export type MapRegion = {
  /** First byte, and the first one behind the region: offsets in bytes. */
  readonly start: number;
  readonly end: number;
  readonly what: string;
  readonly file?: string | undefined;
  /** Whether the guest may use what is there though nothing tells of a change. */
  readonly mayBeUsed?: true | undefined;
  /** What would tell of a change; none where nothing would. */
  readonly detectedBy: readonly string[];
};

/** What protects an image. */
export type ImageCoverage = {
  readonly image: string;
  readonly regions: readonly MapRegion[];
  readonly unprotectedBytes: number;
  /** Whether it was booted with Secure Boot, which some of this rests on. */
  readonly isSecureBoot: boolean;
};

/** All that a page is made from. */
export type PageInput = {
  readonly result: Result;
  /** By name of the boot. */
  readonly boots: ReadonlyMap<string, BootEvidence>;
  /** The ends of consoles, by folder of the run: lines without control characters. */
  readonly consoles: ReadonlyMap<string, readonly string[]>;
  /** Evidence that a finding names and that is not there, as the finding names it. */
  readonly missing: ReadonlySet<string>;
  readonly coverages: readonly ImageCoverage[];
};
