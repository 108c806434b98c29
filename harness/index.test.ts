import { Machine as FromPackage, predict as predictFromPackage } from 'cvm-conformance';
import { expect, it } from 'vitest';
import { makeVariableStore } from './formats/testing/make-variable-store.ts';
import { BOOTED, bytesSource, Machine, predict } from './index.ts';
import { makeFirmwareImage, makeUki, WELL_KNOWN } from './predict/testing/made-boot.ts';

it('the library forecasts a boot from bytes, by the name of the package', () => {
  expect(predictFromPackage).toBe(predict);
  expect(FromPackage).toBe(Machine);
  const machine = Machine.parse({
    name: 'made',
    firmware: { kind: 'pflash', code: 'CODE', vars: 'VARS', smm: true },
    boot: { kind: 'kernel', kernel: 'UKI' },
  });
  const files: Readonly<Record<string, Uint8Array>> = {
    CODE: makeFirmwareImage(),
    VARS: makeVariableStore([]),
    UKI: makeUki(257),
  };
  const open = (path: string) => bytesSource(path, files[path] ?? new Uint8Array(0));
  const { banks, unpredictable } = predict(machine, open, { banks: ['sha256'], phases: BOOTED });
  expect(banks.sha256?.[6]).toBe(WELL_KNOWN.separatorOnly);
  expect(unpredictable.map(({ pcr }) => pcr)).toContain(1);
});
