import { describe, expect, test } from 'vitest';
import { ROOMS, violationsOf } from './rooms.ts';

const of = (file: string, ...specifiers: readonly string[]) =>
  violationsOf(
    file,
    specifiers.map((specifier, index) => ({ specifier, line: index + 1 })),
  );

test('arrows run downwards only: no room can be reached from itself', () => {
  const below = (room: string, path: readonly string[]): readonly string[] => {
    expect(path).not.toContain(room);
    return (ROOMS[room]?.rooms ?? []).flatMap((next) => below(next, [...path, room]));
  };
  for (const room of Object.keys(ROOMS)) below(room, []);
});

test('every room that is imported is one, and a pure room imports pure rooms alone', () => {
  for (const { rooms, pure } of Object.values(ROOMS)) {
    for (const room of rooms) {
      expect(ROOMS).toHaveProperty([room]);
      if (pure === true) expect(ROOMS[room]).toHaveProperty('pure', true);
    }
  }
});

describe('files', () => {
  test('of its own room and of rooms below are there for a file', () => {
    expect(of('harness/predict/a.ts', './b.ts', '../formats/pe.ts', '../bytes/hex.ts')).toEqual([]);
    expect(of('suites/x/a.suite.ts', '../conformance.ts', '../../harness/vm/qemu.ts')).toEqual([]);
  });

  test('of a room above, or beside, are not', () => {
    expect(of('harness/formats/a.ts', '../measure/bank.ts', './b.ts', '../cli/main.ts')).toEqual([
      'harness/formats/a.ts:1: harness/formats may not import harness/measure (../measure/bank.ts)',
      'harness/formats/a.ts:3: harness/formats may not import harness/cli (../cli/main.ts)',
    ]);
    expect(of('suites/boots.ts', '../harness/cli/main.ts')).toHaveLength(1);
    expect(of('harness/host/a.ts', '../../suites/b.ts', '../../scripts/c.ts')).toHaveLength(2);
  });

  test('of a room above are not there for a test either', () => {
    expect(of('harness/formats/a.test.ts', '../measure/bank.ts')).toHaveLength(1);
    expect(of('harness/formats/testing/a.ts', '../../measure/bank.ts')).toHaveLength(1);
  });

  test('that only tests use are there for tests', () => {
    expect(of('harness/formats/a.test.ts', './testing/make.ts')).toEqual([]);
    expect(of('harness/predict/testing/a.ts', '../../formats/testing/make.ts')).toEqual([]);
    expect(of('harness/formats/a.ts', './testing/make.ts')).toEqual([
      'harness/formats/a.ts:1: harness/formats/testing/make.ts is for tests only',
    ]);
  });

  test('outside every room are not there, but data is', () => {
    expect(of('harness/cli/a.ts', '../../vitest.config.ts')).toHaveLength(1);
    expect(of('harness/cli/a.ts', '../../package.json')).toEqual([]);
  });

  test('must themselves lie in a room', () => {
    expect(of('harness/utils/a.ts')).toEqual([
      'harness/utils/a.ts: lies in no room; add its folder to scripts/rooms.ts',
    ]);
  });
});

describe('modules', () => {
  test('that compute are there for pure rooms, those that act are not', () => {
    expect(of('harness/sev/a.ts', 'node:crypto', 'node:zlib', 'zod', 'zod/v4')).toEqual([]);
    expect(of('harness/sev/a.ts', 'node:fs', 'execa', '@scope/a/b')).toEqual([
      'harness/sev/a.ts:1: harness/sev is pure and may not import node:fs',
      'harness/sev/a.ts:2: harness/sev is pure and may not import execa',
      'harness/sev/a.ts:3: harness/sev is pure and may not import @scope/a/b',
    ]);
  });

  test('that act are there for rooms that act, and for tests of pure rooms', () => {
    expect(of('harness/host/a.ts', 'node:fs', 'execa')).toEqual([]);
    expect(of('harness/sev/a.test.ts', 'node:fs', 'vitest')).toEqual([]);
    expect(of('harness/sev/testing/a.ts', 'node:fs')).toEqual([]);
  });

  test('with a place of their own stay there', () => {
    expect(of('scripts/a.ts', 'zx')).toEqual([]);
    expect(of('harness/host/a.ts', 'zx')).toEqual(['harness/host/a.ts:1: zx is for scripts/ only']);
    expect(of('harness/host/a.ts', 'node:child_process')).toEqual([
      'harness/host/a.ts:1: execa runs every child process',
    ]);
  });
});
