import type { JudgedRequirement, Result } from './result.ts';

/** The requirements of one chapter. */
export type Chapter = {
  readonly chapter: string;
  readonly requirements: readonly JudgedRequirement[];
};

/** Requirements by chapter; both in the order of the registry. */
export function chaptersOf({ requirements }: Pick<Result, 'requirements'>): readonly Chapter[] {
  return [...Map.groupBy(requirements, ({ chapter }) => chapter)].map(([chapter, ofChapter]) => ({
    chapter,
    requirements: ofChapter,
  }));
}
