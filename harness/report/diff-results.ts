import type { State } from '../judge/finding.ts';
import { partOf } from './claim.ts';
import type { Result } from './result.ts';

/** Something that a run depended on and that differs; `null` where one of the runs has no such thing. */
export type EnvironmentChange = {
  readonly what: string;
  readonly a: string | null;
  readonly b: string | null;
};

/** A requirement whose state differs. */
export type StateChange = {
  readonly id: string;
  readonly level: 'MUST' | 'SHOULD';
  readonly a: State;
  readonly b: State;
  /** Why it is in its state in B: the first finding in that state; `null` where there is none. */
  readonly why: string | null;
};

/** A requirement that only one of the results knows. */
export type OnlyOne = { readonly id: string; readonly state: State };

/** How long a boot took to a stage, in milliseconds since power-on. */
export type StageTiming = {
  readonly machine: string;
  readonly stage: string;
  readonly aMs: number;
  readonly bMs: number;
};

/** What changed between two results. */
export type ResultDiff = {
  readonly environment: readonly EnvironmentChange[];
  /** Did not pass in A and passes in B. */
  readonly improved: readonly StateChange[];
  /** Passed in A and does not in B, whatever the reason; or is seen to fail in B where A had not looked. */
  readonly regressed: readonly StateChange[];
  /** Other changes between states of which none is a pass. */
  readonly changed: readonly StateChange[];
  /** Only in B. */
  readonly added: readonly OnlyOne[];
  /** Only in A. */
  readonly removed: readonly OnlyOne[];
  /** Of boots and stages that both have. */
  readonly timings: readonly StageTiming[];
};

/**
 * What changed from a result to another one. What a result lacks is never taken for a pass: a requirement that
 * passed and is skipped or not tested now has regressed, and one that failed and is skipped now has not improved.
 *
 * @param a the earlier result, a baseline
 * @param b the later one
 */
export function diffResults(a: Result, b: Result): ResultDiff {
  const changes = stateChanges(a, b);
  const improved = changes.filter((change) => change.b === 'pass');
  const regressed = changes.filter((change) => change.a === 'pass' || isNewFailure(change));
  return {
    environment: environmentChanges(a, b),
    improved,
    regressed,
    changed: changes.filter((one) => !improved.includes(one) && !regressed.includes(one)),
    added: onlyIn(b, a),
    removed: onlyIn(a, b),
    timings: timings(a, b),
  };
}

function isNewFailure({ a, b }: StateChange): boolean {
  return isUnjudged(a) && !isUnjudged(b) && b !== 'pass';
}

function isUnjudged(state: State): boolean {
  return state === 'skip' || state === 'not-tested';
}

function stateChanges(a: Result, b: Result): readonly StateChange[] {
  const before = new Map(a.requirements.map((one) => [one.id, one.state]));
  return b.requirements.flatMap(({ id, level, state, findings }) => {
    const was = before.get(id);
    if (was === undefined || was === state) return [];
    const why = findings.find((finding) => finding.state === state)?.sentence ?? null;
    return [{ id, level, a: was, b: state, why: state === 'pass' ? null : why }];
  });
}

function onlyIn(one: Result, other: Result): readonly OnlyOne[] {
  const known = new Set(other.requirements.map(({ id }) => id));
  return one.requirements
    .filter(({ id }) => !known.has(id))
    .map(({ id, state }) => ({ id, state }));
}

function environmentChanges(a: Result, b: Result): readonly EnvironmentChange[] {
  const [ofA, ofB] = [environmentOf(a), environmentOf(b)];
  const changes = [...new Set([...ofA.keys(), ...ofB.keys()])]
    .map((what) => ({ what, a: ofA.get(what) ?? null, b: ofB.get(what) ?? null }))
    .filter((change) => change.a !== change.b);
  return FILES.reduce(withCounterparts, changes);
}

/** What is booted, by the first word of its name. */
const FILES = ['firmware', 'image'];

/**
 * Where both runs have as many files of a kind that the other has not, each stands for the other's in its place: what
 * is booted may be called otherwise. One that has the same content is no change.
 */
function withCounterparts(
  changes: readonly EnvironmentChange[],
  kind: string,
): readonly EnvironmentChange[] {
  const ofKind = changes.filter(({ what }) => what.startsWith(`${kind} `));
  const [onlyA, onlyB] = [
    ofKind.filter(({ b }) => b === null),
    ofKind.filter(({ a }) => a === null),
  ];
  if (onlyA.length !== onlyB.length) return changes;
  const pairs = onlyA.flatMap((inA, place) => {
    const inB = onlyB[place];
    if (inB === undefined || inA.a === inB.b) return [];
    return [{ what: kind, a: named(inA.what, inA.a), b: named(inB.what, inB.b) }];
  });
  const others = changes.filter((one) => !onlyA.includes(one) && !onlyB.includes(one));
  return [...pairs, ...others];

  function named(what: string, digest: string | null): string {
    return `${what.slice(kind.length + 1)} ${digest}`;
  }
}

/** Everything that a run depended on, by name: what is booted first, the host last. */
function environmentOf({ suite, run, accelerator, environment }: Result): Map<string, string> {
  const { host, tools, firmware, images } = environment;
  return new Map<string, string>([
    ...images.map(({ name, sha256 }) => [`image ${name}`, sha256] as const),
    ...firmware.map(({ file, sha256 }) => [`firmware ${file}`, sha256] as const),
    ['suite', `${suite.version}, commit ${suite.commit ?? 'unknown'}`],
    ['profile', run.profile],
    ['tests', partOf({ run }) ?? 'all'],
    ['seed', String(run.seed)],
    ['accelerator', accelerator.name],
    ...Object.entries(tools).map(([tool, version]) => [`tool ${tool}`, version] as const),
    ...Object.entries(host).map(([what, value]) => [`host ${what}`, String(value)] as const),
  ]);
}

function timings(a: Result, b: Result): readonly StageTiming[] {
  const before = new Map(a.boots.map((boot) => [boot.name, boot]));
  return b.boots.flatMap(({ name: machine, stages }) => {
    const was = before.get(machine);
    return stages.flatMap(({ stage, atMs: bMs }) => {
      const aMs = was?.stages.find((one) => one.stage === stage)?.atMs;
      return aMs === undefined ? [] : [{ machine, stage, aMs, bMs }];
    });
  });
}
