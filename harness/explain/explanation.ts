/** What a measurement is made from; what must change for it to change. */
export type Input =
  | 'firmware'
  | 'variable store'
  | 'machine'
  | 'disk'
  | 'boot image'
  | 'UKI'
  | 'command line'
  | 'initrd'
  | 'phases'
  | 'operating system'
  | 'unknown';

/** A difference in words: what side B has that side A has not, and which input it comes from. */
export type Words = { readonly sentence: string; readonly input: Input };

/** The words for one differing event of a PCR. */
export type Explanation = Words & {
  readonly pcr: number;
  /** Position among the events of this PCR on side A, from 0. */
  readonly index: number;
};
