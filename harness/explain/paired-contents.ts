import { alignEvents } from '../measure/align-events.ts';
import type { MeasuredEvent } from '../measure/event.ts';
import { commandLineOf, findVariation, measures } from './command-line.ts';
import { type Content, contentsOf, topicOf } from './event-content.ts';

/** What one side tells. */
export type Side = {
  /** Events of any PCRs, in the order in which they were extended. */
  readonly events: readonly MeasuredEvent[];
  /** The kernel's command line, where something else than the events tells it. */
  readonly commandLine?: string | undefined;
  /** The machine as a dossier describes it. */
  readonly machine?: Readonly<Record<string, unknown>> | undefined;
};

/** A place at which two sides of one PCR differ; a side is `null` where it has no event there. */
export type Pair = {
  /** Position among the events of this PCR on side A, from 0. */
  readonly index: number;
  readonly a: Content | null;
  readonly b: Content | null;
};

type Texts = { readonly a: readonly string[]; readonly b: readonly string[] };

/** Differences that are given their text: it costs hundreds of digests, and a log may be hostile. */
const MOST_TEXTED = 16;

/** Command lines that a side tells of, at most; each is held against digests. */
const MOST_TEXTS = 4;

/**
 * Pairs what two sides measured into one PCR, and gives events of command lines their text where a
 * digest shows that it is theirs.
 *
 * @param pcr which PCR
 * @param a one side
 * @param b the other side
 * @returns the differences alone, in order
 */
export function pairContents(pcr: number, a: Side, b: Side): readonly Pair[] {
  const texts = { a: commandLinesOf(a), b: commandLinesOf(b) };
  const [ofA, ofB] = [contentsIn(pcr, a), contentsIn(pcr, b)];
  const events = (contents: readonly Content[]) => contents.map(({ event }) => event);
  const topics = { a: ofA.map(topicOf), b: ofB.map(topicOf) };
  const differences = alignEvents(events(ofA), events(ofB), topics);
  return differences
    .map(({ index, ...found }): Pair => ({ index, a: at(ofA, found.a), b: at(ofB, found.b) }))
    .map((pair, place) => (place < MOST_TEXTED ? withTexts(pair, texts) : pair));
}

/** What a side measured into one PCR. */
export function contentsIn(pcr: number, { events }: Side): readonly Content[] {
  return contentsOf(events.filter((event) => event.pcr === pcr));
}

function at(contents: readonly Content[], position: number | null): Content | null {
  return position === null ? null : (contents[position] ?? null);
}

/** Every command line that a side tells. */
function commandLinesOf(side: Side): readonly string[] {
  const told = [9, 12].flatMap((pcr) =>
    contentsIn(pcr, side).flatMap((content) => commandLineOf(content) ?? []),
  );
  return [...(side.commandLine === undefined ? [] : [side.commandLine]), ...told].slice(
    0,
    MOST_TEXTS,
  );
}

function withTexts(pair: Pair, texts: Texts): Pair {
  const { a, b } = pair;
  const [knownA, knownB] = [textOf(a, texts), textOf(b, texts)];
  if (a === null || b === null) return { ...pair, a: withText(a, knownA), b: withText(b, knownB) };
  const textA = knownA ?? (knownB && findVariation({ text: knownB, event: b.event }, a.event));
  const textB = knownB ?? (knownA && findVariation({ text: knownA, event: a.event }, b.event));
  return { ...pair, a: withText(a, textA), b: withText(b, textB) };
}

/** The command line that an event measures, where one is told that has its digest. */
function textOf(content: Content | null, texts: Texts): string | undefined {
  if (content === null || !hasCommandLine(content)) return undefined;
  const own = commandLineOf(content);
  return own ?? [...texts.a, ...texts.b].find((text) => measures(text, content.event));
}

function hasCommandLine({ kind, name }: Content): boolean {
  return kind === 'command line' || (kind === 'section' && name === '.cmdline');
}

function withText<C extends Content | null>(content: C, text: string | undefined): C {
  if (content === null || text === undefined || content.bytes !== undefined) return content;
  const encoding = content.kind === 'section' ? 'utf8' : 'utf16le';
  return { ...content, bytes: Buffer.from(text, encoding) };
}
