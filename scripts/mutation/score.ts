import { z } from 'zod';

/** The part of Stryker's report (mutation-testing-report-schema 2) that is counted. */
const Report = z.object({
  files: z.record(
    z.string(),
    z.object({
      mutants: z.array(
        z.object({
          mutatorName: z.string(),
          replacement: z.string().optional(),
          status: z.string(),
          location: z.object({ start: z.object({ line: z.int(), column: z.int() }) }),
        }),
      ),
    }),
  ),
});

/** How many changes of a source there were, and which of them no test noticed. */
export type Score = {
  readonly mutants: number;
  readonly noticed: number;
  /** A line each: place, kind of change, and what stood there instead. */
  readonly survivors: readonly string[];
};

const NOTICED = ['Killed', 'Timeout'];
const UNNOTICED = ['Survived', 'NoCoverage'];

/**
 * Reads a report. Changes that do not compile, or that somebody has set aside, do not count.
 *
 * @throws ZodError where it is none
 */
export function scoreOf(json: string): Score {
  const mutants = Object.entries(Report.parse(JSON.parse(json)).files).flatMap(([file, of]) =>
    of.mutants.map((mutant) => ({ file, ...mutant })),
  );
  const survivors = mutants.filter(({ status }) => UNNOTICED.includes(status));
  const noticed = mutants.filter(({ status }) => NOTICED.includes(status)).length;
  return {
    mutants: noticed + survivors.length,
    noticed,
    survivors: survivors.map(({ file, location: { start }, mutatorName, replacement = '' }) => {
      const change = replacement.replace(/\s+/g, ' ').slice(0, 80);
      return `${file}:${start.line}:${start.column} ${mutatorName}: ${change}`;
    }),
  };
}

/** Per cent, of one place. */
export function percent({ mutants, noticed }: Pick<Score, 'mutants' | 'noticed'>): string {
  return mutants === 0 ? 'nothing to change' : `${((100 * noticed) / mutants).toFixed(1)} %`;
}
