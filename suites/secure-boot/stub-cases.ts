/** The words that command lines are told apart by, and who says them. */
export const WORDS = {
  /** In `.cmdline` of the UKI's second profile; the first has none. */
  own: 'cvm.own=1',
  given: 'cvm.given=1',
  smbios: 'cvm.smbios=1',
  loader: 'cvm.loader=1',
  entry: 'cvm.entry=1',
  addon: 'cvm.addon=1',
  globalAddon: 'cvm.global-addon=1',
  unsignedAddon: 'cvm.unsigned-addon=1',
} as const;

const STUB_STRING = `io.systemd.stub.kernel-cmdline-extra=${WORDS.smbios}`;
const LOADER_STRING = `io.systemd.boot.kernel-cmdline-extra=${WORDS.loader}`;

/** How a UKI is started, and what is told to its stub. */
export type StubCase = {
  readonly path: 'direct' | 'systemd-boot' | 'shim';
  readonly secureBoot: boolean;
  /** Load options; `@1` chooses the profile with a command line of its own. */
  readonly given?: string;
  readonly oemStrings?: readonly string[];
  /** Whether a boot loader entry starts the kernel alone, in place of a UKI. */
  readonly entry?: true;
};

/** Each is started once, and stops where the kernel would begin. */
const STUB_CASES = {
  'stub-own-command-line': {
    path: 'direct',
    secureBoot: true,
    given: `@1 ${WORDS.given}`,
  },
  'stub-no-command-line': {
    path: 'direct',
    secureBoot: true,
    given: WORDS.given,
    oemStrings: [STUB_STRING],
  },
  'stub-without-secure-boot': {
    path: 'direct',
    secureBoot: false,
    given: `@1 ${WORDS.given}`,
  },
  'loader-to-uki': {
    path: 'systemd-boot',
    secureBoot: true,
    oemStrings: [LOADER_STRING, STUB_STRING],
  },
  'loader-to-uki-without-secure-boot': {
    path: 'systemd-boot',
    secureBoot: false,
  },
  'loader-to-kernel': {
    path: 'systemd-boot',
    secureBoot: true,
    oemStrings: [LOADER_STRING, STUB_STRING],
    entry: true,
  },
  'shim-to-loader-to-uki': {
    path: 'shim',
    secureBoot: true,
  },
} as const satisfies Readonly<Record<string, StubCase>>;

export type StubCaseName = keyof typeof STUB_CASES;

/** A case by its name. */
export function stubCase(name: StubCaseName): StubCase {
  return STUB_CASES[name];
}
