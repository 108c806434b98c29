import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CPU_TYPES, cpuModel, cpuSignature, nearestCpuTypes, signatureOf } from './cpu-types.ts';

describe('the signature of a vCPU type', () => {
  // CPUID Fn0000_0001_EAX as AMD's processors and QEMU's models give it.
  it.each([
    ['EPYC', 0x800f12],
    ['EPYC-v4', 0x800f12],
    ['EPYC-IBPB', 0x800f12],
    ['EPYC-Rome-v5', 0x830f10],
    ['EPYC-Milan', 0xa00f11],
    ['EPYC-Milan-v3', 0xa00f11],
    ['epyc-genoa-v2', 0xa10f10],
    ['EPYC-Turin', 0xb00f00],
  ])('%s', (type, signature) => {
    expect(signatureOf(type)).toBe(signature);
  });

  it('is unknown for another name', () => {
    expect(signatureOf('EPYC-Milan-v9')).toBeUndefined();
    expect(signatureOf('')).toBeUndefined();
  });

  it('has the nearest names where the name is none', () => {
    expect(nearestCpuTypes('EPYC-Gena')).toHaveLength(3);
    expect(nearestCpuTypes('EPYC-Gena')[0]).toBe('EPYC-Genoa');
    expect(nearestCpuTypes('epyc-milan-v4')[0]).toMatch(/^EPYC-Milan-v/);
    expect(nearestCpuTypes('x'.repeat(1e6))).toHaveLength(3);
  });

  it('is one for every type', () => {
    for (const [type, signature] of CPU_TYPES) expect(signatureOf(type)).toBe(signature);
  });
});

describe('family, model and stepping', () => {
  // AMD 25481: extended family and model count from base family 0xf on.
  it.each([
    [{ family: 6, model: 0x3a, stepping: 9 }, 0x306a9],
    [{ family: 0xf, model: 0x41, stepping: 2 }, 0x40f12],
    [{ family: 25, model: 33, stepping: 2 }, 0xa20f12],
  ])('%o', (model, signature) => {
    expect(cpuSignature(model)).toBe(signature);
    expect(cpuModel(signature)).toEqual(model);
  });

  it('come back from their signature', () => {
    const model = fc.record({
      family: fc.nat({ max: 0x10e }),
      model: fc.nat({ max: 0xff }),
      stepping: fc.nat({ max: 0xf }),
    });
    fc.assert(
      fc.property(model, (cpu) => {
        expect(cpuModel(cpuSignature(cpu))).toEqual(cpu);
      }),
    );
  });

  it.each([
    { family: 0x10f, model: 0, stepping: 0 },
    { family: 1, model: 256, stepping: 0 },
    { family: 1, model: 0, stepping: 16 },
    { family: 1.5, model: 0, stepping: 0 },
    { family: -1, model: 0, stepping: 0 },
  ])('%o do not fit', (model) => {
    expect(() => cpuSignature(model)).toThrow(RangeError);
  });
});
