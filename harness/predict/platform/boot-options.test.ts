import { describe, expect, it } from 'vitest';
import { guidBytes } from '../../bytes/guid.ts';
import { bytesSource } from '../../bytes/source.ts';
import { type EfiVariable, VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import { asDefaultBootFile, findBootImage } from '../boot-image.ts';
import { BOOTED, predictBoot } from '../predict.ts';
import { madeFirmware, makeUki } from '../testing/made-boot.ts';
import { bootOptionFiles } from './boot-options.ts';

function variable(name: string, data: Uint8Array): EfiVariable {
  return { guid: VARIABLE_GUIDS.global, name, data, attributes: 7, timestamp: undefined };
}

/** A device path node (UEFI 2.11, 10.2). */
function node(type: number, subType: number, data: Uint8Array): Uint8Array {
  const header = Buffer.from([type, subType, 0, 0]);
  header.writeUInt16LE(4 + data.length, 2);
  return Buffer.concat([header, data]);
}

/** EFI_LOAD_OPTION (UEFI 2.11, 3.1.3). */
function option(attributes: number, ...nodes: readonly Uint8Array[]): Uint8Array {
  const path = Buffer.concat([...nodes, node(0x7f, 0xff, new Uint8Array(0))]);
  const head = Buffer.alloc(6);
  head.writeUInt32LE(attributes, 0);
  head.writeUInt16LE(path.length, 4);
  return Buffer.concat([head, Buffer.from('Linux\0', 'utf16le'), path]);
}

const file = node(4, 4, Buffer.from('\\EFI\\linux.efi\0', 'utf16le'));
const firmwareFile = node(4, 6, guidBytes('462caa21-7614-4503-836e-8ab6f4662331'));
const ACTIVE = 1;

const options = [
  variable('BootOrder', Uint8Array.of(3, 0, 1, 0, 0x0a, 0, 9, 0, 2, 0)),
  variable('Boot0001', option(ACTIVE, firmwareFile)),
  variable('Boot0002', option(0, file)),
  variable('Boot0003', Uint8Array.of(1, 2, 3)),
  variable('Boot0004', option(ACTIVE, file)),
  variable('Boot000A', option(ACTIVE, file)),
];

describe('boot options for files', () => {
  it('are the active ones of BootOrder', () => {
    expect(bootOptionFiles({ variables: options })).toEqual(['\\EFI\\linux.efi']);
    expect(bootOptionFiles({ variables: options.slice(1) })).toEqual([]);
  });

  it('make it uncertain what is booted from a disk', () => {
    const uki = bytesSource('uki.efi', makeUki(257));
    const settings = { banks: ['sha256'], phases: BOOTED } as const;
    const firmware = madeFirmware(options);
    const fromDisk = predictBoot(firmware, asDefaultBootFile(uki), settings);
    expect(fromDisk.banks.sha256).not.toHaveProperty('4');
    expect(fromDisk.unpredictable).toContainEqual({
      pcr: 11,
      reason: 'the variable store has boot options for \\EFI\\linux.efi',
    });
    const given = findBootImage({ kind: 'kernel', kernel: 'K' }, () => uki);
    expect(predictBoot(firmware, given, settings).banks.sha256).toHaveProperty('4');
  });
});
