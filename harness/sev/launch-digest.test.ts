import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import { mutations, resultOrFormatError } from '../formats/testing/mutations.ts';
import { hashKernel, makeHashesTable } from './hashes-table.ts';
import { VMSA_GPA } from './page-info.ts';
import { sevDigest, sevEsDigest } from './sev-digest.ts';
import { snpDigest, snpFirmwareDigest, svsmDigest } from './snp-digest.ts';
import { ABLE, type MadeOvmf, makeOvmf } from './testing/make-ovmf.ts';
import type { Vmm } from './vmsa.ts';

const MILAN = 0xa00f11;

const image = (made: MadeOvmf = ABLE) => bytesSource('test.fd', makeOvmf(made));

function table(initrd?: string, cmdline?: string) {
  const source = (text: string) => bytesSource(text, Buffer.from(text));
  const boot = { kernel: source('kernel'), initrd: initrd && source(initrd), cmdline };
  return makeHashesTable(hashKernel({ ...boot, initrd: boot.initrd || undefined }));
}

const launch = (made: MadeOvmf = ABLE, vmm: Vmm = 'qemu', count = 3) => ({
  firmware: image(made),
  vmm,
  vcpus: { count, signature: MILAN },
  features: 0x21n,
  hashesTable: table('initrd', 'quiet'),
});

const refused = (expected: string, found: string) =>
  expect.objectContaining({
    name: 'FormatError',
    expected: expect.stringContaining(expected),
    found: expect.stringContaining(found),
  });

// Digests of the same files as virtee/sev-snp-measure 8f2b337e computes them.
describe('the launch digest of an SNP guest', () => {
  it.each([
    [
      'qemu',
      '7bf6462561adc0ec8a61465340ec507fd8237e018120b4d9deabb84b0eeef28767854344856156ac5c3c97612cb98ed5',
    ],
    [
      'ec2',
      'c69882ebf7b247dad2487e5b5bc4f809c755653e202d6bd107b362a559c21b1b44c24f579bc61b29e29559038f95f81d',
    ],
    [
      'gce',
      'd181b99894b5c489d519764c9883f0313c37fb6770af371f7109699232e175ab00aeaa982258f9dab5af2d09823698e9',
    ],
  ] as const)('of %s is what another program computes', (vmm, expected) => {
    expect(toHex(snpDigest(launch(ABLE, vmm)).digest)).toBe(expected);
  });

  it('without a kernel has a cleared page in the place of the hashes', () => {
    const { digest, pages } = snpDigest({
      ...launch(ABLE, 'qemu', 1),
      features: 1n,
      hashesTable: undefined,
    });
    expect(toHex(digest)).toBe(
      '4536f8e5314adcf1a344f66491634c6c83f599376aacb4bd61299cba5a92151685dcf87ee78d0c2cd3fa9b34a859c2c6',
    );
    expect(pages.at(-2)).toMatchObject({ type: 'ZERO', gpa: 0x810000 });
  });

  it('goes on from the digest of the firmware', () => {
    const { digest: firmwareDigest } = snpFirmwareDigest(image());
    expect(toHex(firmwareDigest)).toBe(
      'f04e984e243fa4abd3bb4a00f960d53bd57b477958baed8ffdb0f53749dc67e1be1a30a6a0d566b0cfd0a452a7d1ec35',
    );
    const whole = snpDigest(launch());
    const rest = snpDigest({ ...launch(), firmwareDigest });
    expect(rest.digest).toEqual(whole.digest);
    expect(rest.pages).toEqual(whole.pages.slice(1));
  });

  it('lists every page in the order of the launch', () => {
    const { pages, digest } = snpDigest(launch(ABLE, 'ec2', 2));
    expect(pages.map(({ type, gpa }) => [type, gpa])).toEqual([
      ['NORMAL', 0xfffff000],
      ['ZERO', 0x800000],
      ['ZERO', 0x801000],
      ['SECRETS', 0x80d000],
      ['ZERO', 0x80f000],
      ['NORMAL', 0x810000],
      ['CPUID', 0x80e000],
      ['VMSA', VMSA_GPA],
      ['VMSA', VMSA_GPA],
    ]);
    expect(pages[0]?.digest).toEqual(hash('sha384', makeOvmf(ABLE), 'buffer'));
    expect(pages.at(-1)?.launchDigest).toEqual(digest);
  });

  it('of krun has no signature and differs from EC2 in all vCPUs', () => {
    const [krun, other] = (['krun', 'ec2'] as const).map((vmm) => {
      const { pages } = snpDigest(launch(ABLE, vmm, 2));
      return pages.filter(({ type }) => type === 'VMSA').map(({ digest }) => toHex(digest));
    });
    expect(krun?.filter((digest) => other?.includes(digest))).toEqual([]);
    const another = { ...launch(ABLE, 'krun'), vcpus: { count: 3, signature: 0 } };
    expect(snpDigest(another).digest).toEqual(snpDigest(launch(ABLE, 'krun')).digest);
  });
});

describe('the launch digest of a guest with an SVSM', () => {
  const svsm: MadeOvmf = {
    pages: 2,
    svsmEntry: 0x40,
    sections: [
      [0x1000, 0x1000, 3],
      [0x2000, 0x1000, 2],
      [0x3000, 0x2000, 1],
    ],
  };
  const given = {
    firmware: image(),
    svsm: image(svsm),
    varsSize: 0x3000,
    vcpus: { count: 2, signature: MILAN },
  };

  it('is what another program computes', () => {
    expect(toHex(svsmDigest(given).digest)).toBe(
      '72b12009d2da885079143ca0917ca8829ebe1e592442cb1b0574e40e5b9962f7ac886da8c308f4ef0a7758d42c432c93',
    );
  });

  it('is refused where the SVSM does not say where it starts', () => {
    const { svsmEntry: _, ...rest } = svsm;
    expect(() => svsmDigest({ ...given, svsm: image(rest) })).toThrow(
      refused('where the SVSM starts (footer entry a789a612', 'sevMetadata'),
    );
  });

  it('is refused where the variable store is no number of pages', () => {
    expect(() => svsmDigest({ ...given, varsSize: 0x800 })).toThrow(refused('whole pages', ''));
  });
});

describe('the launch digest of an SEV-ES or SEV guest', () => {
  it('is what another program computes', () => {
    const { firmware, vmm, vcpus } = launch();
    const es = sevEsDigest({ firmware, vmm, vcpus, hashesTable: table() });
    expect(toHex(es.digest)).toBe(
      'd642fcc729bea376d2f02f69f655a0de136413b4a0150e96a0e9965513efd832',
    );
    expect(es.regions.map(({ type, size }) => [type, size])).toEqual([
      ['LAUNCH_UPDATE_DATA', 4096],
      ['LAUNCH_UPDATE_DATA', 176],
      ['LAUNCH_UPDATE_VMSA', 4096],
      ['LAUNCH_UPDATE_VMSA', 4096],
      ['LAUNCH_UPDATE_VMSA', 4096],
    ]);
    const sev = sevDigest({ firmware, hashesTable: table('initrd', 'quiet') });
    expect(toHex(sev.digest)).toBe(
      '1a3d1741597afb51dbaec663eef0195a973e8a936e8634da9a1769679571dd37',
    );
  });

  it('without a kernel is the hash of the firmware', () => {
    const { digest } = sevDigest({ firmware: image({}) });
    expect(digest).toEqual(hash('sha256', makeOvmf({}), 'buffer'));
  });
});

describe('a firmware that cannot do what is asked', () => {
  const { hashTable: _h, ...withoutArea } = ABLE;
  const { apResetEip: _a, ...withoutReset } = ABLE;
  const { sections: _s, ...withoutMetadata } = ABLE;

  it.each([
    ['with an empty footer', {}, 'dc886566', 'no footer table'],
    ['without metadata', withoutMetadata, 'dc886566', 'sevHashTable'],
    ['without an area', withoutArea, '7255371f', 'sevMetadata'],
    ['with an empty area', { ...ABLE, hashTable: [0, 0] }, '7255371f', 'base=0 size=0'],
    ['with a small area', { ...ABLE, hashTable: [0x810c00, 16] }, '176 bytes', 'size=0x10'],
    ['with an area over two pages', { ...ABLE, hashTable: [0x810ff0, 0x400] }, '176', '0x810ff0'],
    ['without a start for other vCPUs', withoutReset, '00f771de', 'sevMetadata'],
    ['without a page for hashes', { ...ABLE, sections: [[0, 0x1000, 1]] }, 'type 0x10', 'type 0x1'],
    [
      'with an unknown section',
      {
        ...ABLE,
        sections: [
          [0, 0x1000, 9],
          [0, 0x1000, 16],
        ],
      },
      'known',
      '0x9',
    ],
    [
      'with half a page',
      {
        ...ABLE,
        sections: [
          [0, 0x800, 1],
          [0, 0x1000, 16],
        ],
      },
      'whole',
      '0x800',
    ],
    [
      'with endless sections',
      {
        ...ABLE,
        sections: [
          [0, 0xfffff000, 1],
          [0, 0x1000, 16],
        ],
      },
      '65536',
      'size=0xfffff000',
    ],
  ] as const)('%s is refused', (_, made, expected, found) => {
    expect(() => snpDigest(launch(made as MadeOvmf))).toThrow(refused(expected, found));
  });

  it.each([0, 1, 4095, 5000])('of %i bytes is refused', (size) => {
    const firmware = bytesSource('odd.fd', new Uint8Array(size));
    expect(() => sevDigest({ firmware })).toThrow(refused('whole pages', `${size} bytes`));
  });

  it('gives a digest or a FormatError, however it is damaged', () => {
    const bytes = makeOvmf(ABLE);
    fc.assert(
      fc.property(mutations(bytes), (damaged) => {
        const firmware = bytesSource('damaged.fd', damaged);
        const digest = resultOrFormatError(() => snpDigest({ ...launch(), firmware }).digest);
        if (digest instanceof Uint8Array) expect(digest).toHaveLength(48);
      }),
    );
  });
});
