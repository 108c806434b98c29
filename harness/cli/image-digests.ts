import type { ByteSource } from '../bytes/source.ts';
import { authenticodeDigests, authenticodeStream } from '../formats/authenticode.ts';
import { type PeImage, readPe } from '../formats/pe.ts';
import { digestStreams } from '../host/digest-streams.ts';
import type { Bank, Digests } from '../measure/bank.ts';
import { type SectionDigests, sectionDigests, sectionStreams } from '../predict/section-digests.ts';

/** The digests that a report on a PE image is made from. */
export type ImageDigests = { readonly sections: SectionDigests; readonly authenticode: Digests };

/** Which digests of an image are computed. */
export type WantedBanks = {
  readonly sections: readonly Bank[];
  readonly authenticode: readonly Bank[];
};

/** Another thread takes as long to start as these bytes take to hash. */
const WORTH_A_THREAD = 32 << 20;

/**
 * Digests of an image, by this thread alone.
 *
 * @throws FormatError where its parts contradict each other
 */
export function digestImage(source: ByteSource, pe: PeImage, banks: WantedBanks): ImageDigests {
  return {
    sections: sectionDigests(source, pe, banks.sections),
    authenticode: authenticodeDigests(source, pe, banks.authenticode),
  };
}

/**
 * Digests of an image, by all cores where it is large.
 *
 * @param source the image, opened by the path as the user gave it, or standard input
 * @throws FormatError where the file is no PE image, or its parts contradict each other
 */
export async function digestLargeImage(
  source: ByteSource,
  banks: WantedBanks,
): Promise<ImageDigests> {
  const pe = readPe(source);
  const inMemory = pe.sections.reduce((sum, { virtualSize }) => sum + virtualSize, 0);
  if (source.name === '-' || source.size + inMemory < WORTH_A_THREAD) {
    return digestImage(source, pe, banks);
  }
  const streams = [
    { stream: authenticodeStream(source, pe), banks: banks.authenticode },
    ...sectionStreams(source, pe).map((stream) => ({ stream, banks: banks.sections })),
  ];
  const wanted = streams.flatMap((one, place) =>
    one.banks.map((algorithm) => ({ place, algorithm, stream: one.stream })),
  );
  const digests = await digestStreams(source.name, wanted);
  const [authenticode = {}, ...sections] = streams.map((_, place): Digests => {
    const own = wanted.flatMap((one, index) =>
      one.place === place ? [[one.algorithm, digests[index]]] : [],
    );
    return Object.fromEntries(own);
  });
  return { authenticode, sections: ({ index }) => sections[index] ?? {} };
}
