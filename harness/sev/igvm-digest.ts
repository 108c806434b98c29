import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { IGVM_PAGE_DATA, IGVM_PLATFORM, type IgvmDirective, readIgvm } from '../formats/igvm.ts';
import {
  digestPage,
  type LaunchPage,
  measurePages,
  NOTHING_MEASURED,
  PAGE_BYTES,
  type PageType,
} from './page-info.ts';
import type { SnpDigest } from './snp-digest.ts';

/** An IGVM file may ask for 512 MiB of pages in all; COCONUT's asks for some MiB. */
const MAX_PAGES = 1 << 17;

/** Bytes of a VMSA that have a meaning; what is behind them in the file is not measured. */
const VMSA_BYTES = 0x670;

/**
 * The launch digest of an SNP guest from an IGVM file: its directives in their order
 * (microsoft/igvm e6c3ff1c, measurement/snp.rs; coconut-svsm f4bc4bcd, igvmmeasure).
 *
 * @throws FormatError where the file is damaged or not for SNP
 */
export function igvmDigest(source: ByteSource): SnpDigest {
  const directives = readIgvm(source, IGVM_PLATFORM.sevSnp);
  checkSize(source, directives);
  const pages = measurePages(igvmPages(source, directives));
  return { digest: pages.at(-1)?.launchDigest ?? NOTHING_MEASURED, pages };
}

function checkSize(source: ByteSource, directives: readonly IgvmDirective[]): void {
  const sizes = directives.map((one) => (one.kind === 'vCPU state' ? PAGE_BYTES : one.size));
  const pages = sizes.reduce((sum, size) => sum + size / PAGE_BYTES, 0);
  if (pages <= MAX_PAGES) return;
  throw new FormatError({
    file: source.name,
    offset: 0,
    expected: `at most ${MAX_PAGES} pages`,
    found: `${pages}`,
  });
}

function* igvmPages(
  source: ByteSource,
  directives: readonly IgvmDirective[],
): Generator<LaunchPage> {
  const zeros = digestPage(new Uint8Array(PAGE_BYTES));
  for (const directive of directives) {
    if (directive.kind === 'vCPU state') yield vmsaPage(source, directive);
    else if (directive.kind === 'page data') yield* dataPages(source, directive, zeros);
    else yield* runOf('UNMEASURED', directive, 'parameters of the host');
  }
}

type PageData = Extract<IgvmDirective, { kind: 'page data' }>;

function* dataPages(source: ByteSource, data: PageData, zeros: Uint8Array): Generator<LaunchPage> {
  if (data.isShared) return;
  const { dataType, fileOffset, gpa } = data;
  if (dataType === IGVM_PAGE_DATA.secrets) yield* runOf('SECRETS', data, 'secrets page');
  else if (dataType === IGVM_PAGE_DATA.cpuid || dataType === IGVM_PAGE_DATA.cpuidXf) {
    yield* runOf('CPUID', data, 'CPUID page');
  } else if (data.isUnmeasured) yield* runOf('UNMEASURED', data, 'data of the file, unmeasured');
  else if (fileOffset === 0) yield* runOf('NORMAL', data, 'zeros', zeros);
  else {
    for (let offset = 0; offset < data.size; offset += PAGE_BYTES) {
      const content = readRange(source, fileOffset + offset, PAGE_BYTES, 'page data');
      const holds = `file at 0x${(fileOffset + offset).toString(16)}`;
      yield { type: 'NORMAL', gpa: gpa + offset, digest: digestPage(content), holds };
    }
  }
}

function* runOf(
  type: PageType,
  { gpa, size }: { readonly gpa: number; readonly size: number },
  holds: string,
  digest: Uint8Array = NOTHING_MEASURED,
): Generator<LaunchPage> {
  for (let offset = 0; offset < size; offset += PAGE_BYTES) {
    yield { type, gpa: gpa + offset, digest, holds };
  }
}

function vmsaPage(
  source: ByteSource,
  { gpa, vpIndex, fileOffset }: Extract<IgvmDirective, { kind: 'vCPU state' }>,
): LaunchPage {
  const page = new Uint8Array(PAGE_BYTES);
  page.set(readRange(source, fileOffset, VMSA_BYTES, 'VMSA'));
  const holds = `first state of vCPU ${vpIndex}`;
  return { type: 'VMSA', gpa, digest: digestPage(page), holds };
}
