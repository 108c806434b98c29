import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderResult } from './terminal.ts';
import { finding, judged, resultWith } from './testing/sample-result.ts';

const plain = (result: Parameters<typeof renderResult>[0]) =>
  renderResult(result, { colours: false });

test('a run that conforms, from first to last line', () => {
  const result = resultWith([
    judged('CVM-XX-001', 'MUST', 'pass'),
    judged('CVM-XX-002', 'SHOULD', 'pass'),
  ]);
  expect(plain(result)).toBe(`measured-boot
  ✓ CVM-XX-001 MUST   PCR 11 holds every section of the UKI.
  ✓ CVM-XX-002 SHOULD PCR 11 holds every section of the UKI.

boots
  ✓ uki-verity  24.1 s  dossiers/uki-verity
      firmware 0.0 s, kernel 8.1 s

environment
  suite    cvm-conformance 0.1.0, commit unknown
  run      2026-11-21T07-00-00Z, profile emulated, seed 7, 120.5 s
  again    scripts/cvm conformance --seed 7
  host     Debian GNU/Linux 12 (bookworm), Linux 6.1.0-30-amd64, AMD EPYC 9124, 2 cores, 7936 MiB
  runs on  tcg (asked for: tcg): TCG was asked for
  tool     qemu: 10.0.2
  tool     swtpm: 0.10.1
  firmware OVMF_CODE_4M.fd (2025.02)
  image    uki-verity sha256 ${'ab'.repeat(32)}

Image uki-verity (sha256 abababababab…) meets all 1 MUST and 1 of 1 SHOULD requirements of cvm-conformance 0.1.0, profile emulated, under TCG.

2 passed, 0 failed, 0 skipped
`);
});

test('a failure says what was expected, what was seen, and how to see it again', () => {
  const findings = [
    finding({ sentence: 'this one held' }),
    finding({ state: 'fail', sentence: 'PCR 7 differs', expected: 'aa', observed: 'bb' }),
  ];
  const requirement = { ...judged('CVM-XX-001', 'MUST', 'fail'), findings };
  const text = plain(resultWith([requirement]));
  expect(text).toContain(`
  ✗ CVM-XX-001 MUST   PCR 11 holds every section of the UKI. (fail)
      uki-verity: fail: PCR 7 differs
        expected aa
        observed bb
        witness  guest command
        evidence dossiers/uki-verity/pcrread.txt
        again    scripts/cvm judge results/r1/dossiers/uki-verity
`);
  expect(text).not.toContain('this one held');
  expect(text).toMatch(/\n\n0 passed, 1 failed, 0 skipped\n$/);
});

test('what was skipped says why, and no more', () => {
  const skipped = finding({ state: 'skip', machine: null, sentence: 'this host has no SEV-SNP' });
  const requirement = { ...judged('CVM-XX-001', 'MUST', 'skip'), findings: [skipped] };
  expect(plain(resultWith([requirement]))).toContain(`
  - CVM-XX-001 MUST   PCR 11 holds every section of the UKI. (skip)
      skip: this host has no SEV-SNP

`);
});

test('what was skipped for one reason is told once', () => {
  const skipped = (id: string, sentence: string) => {
    const findings = [finding({ requirement: id, state: 'skip', machine: null, sentence })];
    return { ...judged(id, 'MUST', 'skip'), findings };
  };
  const ids = ['CVM-XX-001', 'CVM-XX-003', 'CVM-XX-004'];
  const result = resultWith([
    ...ids.slice(0, 1).map((id) => skipped(id, 'no SEV-SNP')),
    judged('CVM-XX-002', 'MUST', 'pass'),
    ...ids.slice(1).map((id) => skipped(id, 'no SEV-SNP')),
    skipped('CVM-XX-005', 'no KVM'),
  ]);
  expect(plain(result)).toContain(`measured-boot
  - CVM-XX-001, CVM-XX-003, CVM-XX-004 (skip)
      skip: no SEV-SNP
  ✓ CVM-XX-002 MUST   PCR 11 holds every section of the UKI.
  - CVM-XX-005 MUST   PCR 11 holds every section of the UKI. (skip)
      skip: no KVM

`);
});

test('firmware that is not the one of the manifest is said aloud', () => {
  const result = resultWith([]);
  const firmware = [
    {
      file: 'OVMF.fd',
      generation: '2025.02',
      sha256: 'cd'.repeat(32),
      expectedSha256: 'ab'.repeat(32),
      matches: false,
    },
  ];
  const text = plain({ ...result, environment: { ...result.environment, firmware } });
  const digests = `sha256 ${'cd'.repeat(32)}, expected ${'ab'.repeat(32)}`;
  expect(text).toContain(`firmware OVMF.fd (2025.02) is not the manifest's: ${digests}\n`);
});

test('colours change nothing but the looks', () => {
  const result = resultWith([
    judged('CVM-XX-001', 'MUST', 'pass'),
    judged('CVM-XX-002', 'MUST', 'error'),
  ]);
  const coloured = renderResult(result, { colours: true });
  expect(coloured).toContain('\u001b[32m✓\u001b[39m');
  expect(stripVTControlCharacters(coloured)).toBe(plain(result));
});

test('whatever a guest says can neither act on the terminal nor add a line', () => {
  const lines = (text: string) => {
    const findings = [finding({ state: 'fail', observed: text, sentence: text, machine: text })];
    return plain(resultWith([{ ...judged('CVM-XX-001', 'MUST', 'fail'), findings }])).split('\n');
  };
  const expected = lines('x').length;
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const seen = lines(text);
      expect(seen).toHaveLength(expected);
      expect(seen.join('')).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      expect(seen.at(-2)).toBe('0 passed, 1 failed, 0 skipped');
    }),
  );
});

test('a guest that says a lot is cut short', () => {
  const findings = [finding({ state: 'fail', observed: 'y'.repeat(100_000) })];
  const requirement = { ...judged('CVM-XX-001', 'MUST', 'fail'), findings };
  expect(plain(resultWith([requirement])).length).toBeLessThan(3000);
});
