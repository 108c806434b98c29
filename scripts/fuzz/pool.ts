import { hash } from 'node:crypto';
import type { Random } from '../../harness/bytes/seeded-random.ts';
import { mutate } from './mutate.ts';
import { type FuzzTarget, type Mutant, USUAL_BYTES } from './target.ts';

/** Inputs that were found; then one has to go for each that comes. */
const MOST_FOUND = 2048;

/** Behaviours remembered: enough for every reader, and a bound. */
const MOST_BEHAVIOURS = 1 << 18;

/** Of so many inputs one keeps its wrong checksums. */
const WITHOUT_REPAIR = 8;

/** The inputs that are changed: the corpus, and what behaved as nothing before. */
export class Pool {
  readonly #target: FuzzTarget;
  readonly #random: Random;
  readonly #corpus: readonly Uint8Array[];
  readonly #found: Uint8Array[] = [];
  /** Their digests: what a message quotes of its input would hold memory that the reader is blamed for. */
  readonly #behaviours = new Set<string>();
  #given = 0;

  constructor(target: FuzzTarget, corpus: readonly Uint8Array[], random: Random) {
    this.#target = target;
    this.#corpus = corpus;
    this.#random = random;
  }

  /** Behaviours seen so far. */
  get behaviours(): number {
    return this.#behaviours.size;
  }

  /** The next input: first the corpus as it is, then changes of it. */
  next(): Uint8Array {
    const given = this.#corpus[this.#given++];
    if (given !== undefined) return given;
    const { words = [], maxBytes = USUAL_BYTES, repair, mutations } = this.#target;
    const mutant: Mutant = { random: this.#random, other: this.#any(), words, maxBytes };
    const input = mutate(this.#any(), mutant, mutations);
    if (repair !== undefined && this.#random.below(WITHOUT_REPAIR) > 0) repair(input);
    return input;
  }

  /** Keeps an input that behaved as none before. */
  learn(input: Uint8Array, behaviour: string): void {
    const digest = hash('sha1', behaviour, 'base64');
    if (this.#behaviours.has(digest) || this.#behaviours.size === MOST_BEHAVIOURS) return;
    this.#behaviours.add(digest);
    if (this.#given <= this.#corpus.length) return;
    if (this.#found.length < MOST_FOUND) this.#found.push(input);
    else this.#found[this.#random.below(MOST_FOUND)] = input;
  }

  /** A third of the draws are of the corpus, as what was found grows away from it. */
  #any(): Uint8Array {
    const useFound = this.#found.length > 0 && this.#random.below(3) > 0;
    const inputs = useFound ? this.#found : this.#corpus;
    return inputs[this.#random.below(inputs.length)] ?? new Uint8Array(0);
  }
}
