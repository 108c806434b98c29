import { describe, expect, it } from 'vitest';
import { haltedCode, loopOf, processorState } from './halted-code.ts';

/** Sixty looks at a processor: address and registers of each. */
const looks = (state: (index: number) => readonly [number, number], count = 60) =>
  Array.from({ length: count }, (_, index) => {
    const [instruction, register] = state(index);
    return { instruction, registers: `RAX=${register} RIP=${instruction}` };
  });

describe('a processor', () => {
  it('is halted where it stays at a few instructions', () => {
    expect(loopOf(looks((index) => [0x1000 + (index % 3) * 4, 0]))).toEqual({
      kind: 'halted',
      instruction: 0x1004,
    });
  });

  it('is so though the timer interrupts it', () => {
    const states = looks((index) => (index % 5 === 0 ? [0x900000 + index, index] : [0x1000, 0]));
    expect(loopOf(states)).toEqual({ kind: 'halted', instruction: 0x1000 });
  });

  it('is so where it comes back to the same states by a long way', () => {
    expect(loopOf(looks((index) => [0x1000 + (index % 12) * 100, index % 12]))).toMatchObject({
      kind: 'halted',
    });
  });

  it.each([
    ['was seen too few times', looks(() => [0x1000, 0], 59)],
    ['computes in one place', looks((index) => [0x1000, index])],
    ['is elsewhere too often', looks((index) => (index % 2 === 0 ? [0x9000, index] : [0x1000, 0]))],
    ['was not seen', []],
  ])('is not halted where it %s', (_, states) => {
    expect(loopOf(states)).toBeUndefined();
  });
});

/** A QEMU with one processor, whose registers are others each time, or the same. */
function fakeQemu(registersOf: (look: number) => number) {
  let looks = 0;
  const registers = () => {
    const number = registersOf(looks++).toString(16).padStart(16, '0');
    return `RAX=${number} RBX=0000000000000000\r\nRIP=0000000000001000 RFL=00000246`;
  };
  const execute = async (command: string) => {
    if (command === 'query-cpus-fast') return [{ 'thread-id': process.pid, 'cpu-index': 0 }];
    return command === 'human-monitor-command' ? registers() : {};
  };
  return { execute, looks: () => looks };
}

describe('the wait for a halted processor', () => {
  const never = new AbortController().signal;

  it('ends when it was seen going round often enough', async () => {
    const qemu = fakeQemu(() => 7);
    const halted = await haltedCode(qemu, () => 0, never);
    expect(halted).toEqual({ kind: 'halted', instruction: 0x1000 });
    expect(qemu.looks()).toBe(60);
  });

  it('begins anew with each sign of life', async () => {
    const qemu = fakeQemu(() => 7);
    await haltedCode(qemu, () => Math.min(qemu.looks(), 10), never);
    expect(qemu.looks()).toBe(70);
  });

  it('goes on until its signal where the processor gets on', async () => {
    const over = new AbortController();
    const qemu = fakeQemu((look) => {
      if (look === 100) over.abort();
      return look;
    });
    await expect(haltedCode(qemu, () => 0, over.signal)).rejects.toThrow('aborted');
  });
});

describe('the registers that QEMU shows', () => {
  it('are the state of a processor in 64-bit mode', () => {
    const text = [
      'CPU#0',
      'RAX=0000000000000000 RBX=000000003f000018 RCX=0000000000000001 RDX=00000000000003f8',
      'R8 =0000000000000002 R15=0000000000000000',
      'RIP=000000003ec32148 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0',
      'CR0=80010033 CR2=0000000000000000',
    ].join('\r\n');
    expect(processorState(text)).toEqual([
      {
        instruction: 0x3ec32148,
        registers:
          'RAX=0000000000000000 RBX=000000003f000018 RCX=0000000000000001 RDX=00000000000003f8 R8 =0000000000000002 R15=0000000000000000 RIP=000000003ec32148',
      },
    ]);
  });

  it('are nothing in another mode', () => {
    expect(processorState('EAX=00000000\r\nEIP=0000fff0 EFL=00000002\r\n')).toEqual([]);
  });
});
