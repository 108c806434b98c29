import type { Requirement } from '../../suites/requirements/requirement.ts';

const HEAD = `# Requirements

Generated from \`suites/requirements/\` by \`npm run catalogue\`. An id is never changed and never used again. MUST and SHOULD are
those of RFC 2119: a claim of conformance is made of MUSTs.
`;

/**
 * The catalogue of all requirements in Markdown.
 *
 * @param requirements in the order in which they are shown
 */
export function catalogueText(requirements: readonly Requirement[]): string {
  const chapters = Map.groupBy(requirements, ({ chapter }) => chapter);
  const count = (level: Requirement['level'], of: readonly Requirement[]) =>
    of.filter((one) => one.level === level).length;
  const contents = [...chapters].map(
    ([chapter, of]) =>
      `| [${chapter}](#${chapter}) | ${count('MUST', of)} | ${count('SHOULD', of)} |`,
  );
  return [
    HEAD,
    '| chapter | MUST | SHOULD |',
    '|---|---|---|',
    ...contents,
    ...[...chapters].flatMap(([chapter, of]) => ['', `## ${chapter}`, ...of.flatMap(entry)]),
    '',
  ].join('\n');
}

function entry({ id, level, sentence, citation, shownBy }: Requirement): readonly string[] {
  return [
    '',
    `### ${id}`,
    `**${level}.** ${escaped(sentence)}`,
    '',
    `- asked for by: ${escaped(citation)}`,
    `- shown by: ${escaped(shownBy)}`,
  ];
}

/** Words of a requirement are text: none of them is Markdown. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&');
}
