/** What a conforming system does, in one sentence, with where that is written. */
export type Requirement = {
  /** Never changed and never used again, e.g. `CVM-MB-001`. */
  readonly id: `CVM-${string}-${number}`;
  /** Chapter of the suites, e.g. `measured-boot`. */
  readonly chapter: string;
  readonly level: 'MUST' | 'SHOULD';
  readonly sentence: string;
  /** Specification or source that asks for it, with section or file. */
  readonly citation: string;
  /** What shows that it holds. */
  readonly shownBy: string;
};
