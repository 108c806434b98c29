import type { Finding } from './finding.ts';

/** A finding before it is known which requirement asked, and where the evidence lies. */
export type Judgement = Pick<
  Finding,
  'state' | 'sentence' | 'expected' | 'observed' | 'witness'
> & {
  /** File of the dossier that shows the observation. */
  readonly file: string;
};
