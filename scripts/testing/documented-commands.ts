/** How it is seen that a command of the documents works. */
export type Decision =
  /** It is run on made files, as it stands or, where it names what is no file, with what is put there. */
  | { readonly kind: 'run'; readonly as?: string; readonly exitCode: number }
  /** It boots machines or builds images: a file that is run for that has it. */
  | { readonly kind: 'boots'; readonly by: string; readonly words: string }
  /** It needs what no test has, or does what none may: its options are looked up. */
  | { readonly kind: 'looked up'; readonly because: string };

const run = (as?: string, exitCode = 0): Decision => ({ kind: 'run', exitCode, ...(as && { as }) });
const boots = (by: string, words: string): Decision => ({ kind: 'boots', by, words });
const lookedUp = (because: string): Decision => ({ kind: 'looked up', because });

const CI = '.ci/run';
/** Judges every requirement. */
const ALL = 'npm run conformance';
const VM = 'scripts/docs.vm.test.ts';
const NIGHTLY = '.github/workflows/nightly.yml';
const PULL = '.github/workflows/pull-request.yml';

const SNP = 'an SNP host';
const LONG = 'works for minutes; what it does has tests of its own';
const FORM = 'another form of what a VM test runs, two builds of firmware';
const OUTSIDE = 'it needs Debian’s servers, and what they have changes by the day';
const CALLER = 'has this test run, among others';
const MADE = '--disk my.raw --firmware OVMF_CODE_4M.secboot.fd --vars my-vars.fd';
const DIFFERS = 1;
/** Made firmware has no version: a requirement that rests on it is not tested. */
const NOT_ALL = 1;

/**
 * What is done with each command of the documents. One that is not here fails the test that collects them: decide,
 * and write it down.
 */
export const DECISIONS: Readonly<Record<string, Decision>> = {
  // The README, and what all pages name.
  'npm test': boots(CI, 'npm test'),
  'npm run conformance': boots(CI, ALL),
  'scripts/cvm --help': run(),
  'scripts/cvm …': run('--version'),
  'scripts/setup': boots('scripts/cvm', '/setup'),
  'cvm predict --disk IMG --firmware FD --vars FD': run(`predict ${MADE}`),
  'cvm predict --machine FILE': run('predict --machine machine.json --no-learn'),
  'cvm uki FILE': run('uki my.efi'),
  'cvm eventlog FILE': run('eventlog here/binary_bios_measurements'),
  'cvm compare A B': run('compare here cloud', DIFFERS),
  'cvm reference-values --disk IMG --firmware FD --format rvps': run(
    `reference-values ${MADE} --format rvps`,
  ),
  'cvm vars FD': run('vars my-vars.fd'),
  'cvm judge DOSSIER': run('judge here', NOT_ALL),
  'cvm launch-digest': run('launch-digest --mode snp --firmware OVMF.amdsev.fd --vcpu-type EPYC'),
  'cvm hashes-table': run('hashes-table --kernel vmlinuz'),
  'cvm id-block create': run('id-block create --help'),
  'cvm report show': run('report show guest.report'),
  'cvm quote verify': run('quote verify --help'),
  'cvm verity root': run('verity root data.img --salt -'),
  'cvm coverage IMG': run('coverage my.raw'),
  'cvm doctor': boots(VM, 'doctor'),
  'cvm image build': boots(NIGHTLY, 'scripts/cvm image build'),
  'cvm image list': run('image list'),
  'cvm boot uki-verity': boots(VM, 'boot uki-verity'),
  'cvm conformance --image my.raw': boots(VM, '--image my.raw'),
  'cvm conformance --requirement CVM-MB-003': boots(CI, ALL),
  'cvm conformance --quick': boots(PULL, 'scripts/cvm conformance --quick'),
  'cvm conformance --shard 1/3': boots(NIGHTLY, '--shard "$SHARD/3"'),
  'cvm results merge': boots(NIGHTLY, 'scripts/cvm results merge'),
  'cvm results file-issues RUN': run('results file-issues results/latest --repo o/n --dry-run'),

  // CONTRIBUTING.
  'scripts/run lint': lookedUp(CALLER),
  'scripts/run types': lookedUp(CALLER),
  'scripts/run unit': lookedUp(CALLER),
  'npm run catalogue': lookedUp('writes docs/requirements.md, which a test holds'),
  'npm run reference': lookedUp('writes docs/library.md, which a test holds'),
  'npm run schema': lookedUp('writes the schema, which a test holds'),
  'npm run licences': run(),
  'npm run bench': lookedUp(LONG),
  'npm run fuzz': lookedUp(LONG),
  'npm run fuzz -- --reader gpt --seconds 60': run('npm run fuzz -- --reader gpt --seconds 1'),
  'npm run chaos': lookedUp(LONG),
  'npm run chaos -- --runs 20': lookedUp(LONG),
  'npm run mutation': lookedUp(LONG),
  'npm run mutation -- --file harness/judge/judge-pcr.ts': lookedUp(LONG),
  'npm run sabotage': lookedUp(LONG),
  'npm run sabotage -- --list': run(),
  'npm run sabotage -- --requirement CVM-MB-018': run('npm run sabotage -- --list'),

  // docs/.
  'scripts/cvm doctor': boots(VM, 'doctor'),
  'scripts/cvm image build uki-verity': boots(VM, 'image build uki-verity'),
  'scripts/cvm image build NAME': boots(VM, 'image build uki-verity'),
  'scripts/cvm conformance --requirement CVM-MB-003': boots(CI, ALL),
  'npm run conformance -- --quick': boots(PULL, 'scripts/cvm conformance --quick'),
  'npm run conformance -- --baseline results/baselines/mine.json': boots(VM, '--baseline'),
  'npm run conformance -- --image my.raw': boots(VM, '--image my.raw'),
  'npm run conformance -- --image my.efi': boots(VM, '--image my.efi'),
  'npm run conformance -- --image vmlinuz --initrd initrd.img --cmdline console=ttyS0': boots(
    VM,
    '--image vmlinuz --initrd initrd.img --cmdline',
  ),
  'cp -r docs/examples/mkosi my-image': lookedUp(OUTSIDE),
  'scripts/toolbox': boots(VM, "'scripts', 'toolbox'"),
  'scripts/toolbox my-image/make-keys': lookedUp(OUTSIDE),
  'scripts/toolbox mkosi --directory my-image --profile testing build': lookedUp(OUTSIDE),
  'scripts/cvm conformance --image my-image/testing.raw --config my-image/signed.config.yaml':
    lookedUp(OUTSIDE),
  'npm run conformance -- --image a.raw --against b.raw': lookedUp(FORM),
  'npm run conformance -- --image my.raw --firmware 2025.02 --against-firmware 2026.08': boots(
    VM,
    '--firmware 2025.02 --against-firmware 2026.08',
  ),
  'npm run conformance -- --profile sev-snp --accel kvm': lookedUp(`it needs ${SNP}`),
  'scripts/cvm results report results/latest': run(),
  'scripts/cvm results diff results/baselines/mine.json results/latest': run(),
  'scripts/cvm judge results/latest/dossiers/uki': run(undefined, NOT_ALL),
  'scripts/cvm eventlog results/latest/dossiers/uki/binary_bios_measurements': run(),
  'scripts/cvm compare': run('compare here here'),
  'scripts/cvm compare results/latest/dossiers/uki results/latest/dossiers/uki-other-cmdline': run(
    undefined,
    DIFFERS,
  ),
  'scripts/cvm compare here/pcrread.txt cloud/pcrread.txt': run(undefined, DIFFERS),
  'scripts/cvm compare here/binary_bios_measurements cloud/binary_bios_measurements': run(
    undefined,
    DIFFERS,
  ),
  'scripts/cvm uki my.efi': run(),
  'scripts/cvm vars my-vars.fd': run(),
  'scripts/cvm hashes-table --kernel vmlinuz --initrd initrd.img --cmdline quiet': run(),
  'scripts/cvm launch-digest --mode snp --firmware OVMF.amdsev.fd --kernel vmlinuz --initrd initrd.img --cmdline quiet --vcpus 2 --vcpu-type EPYC-Milan':
    run(),
  'scripts/cvm report show guest.report': run(),
  'scripts/cvm report verify guest.report --certs certificates/': run(),
  'scripts/cvm id-block create --help': run(),
  'scripts/cvm coverage': run('coverage my.raw'),
  'scripts/cvm coverage my.raw': run(),
  [`scripts/cvm predict ${MADE}`]: run(),
  'scripts/cvm coverage my.raw --firmware OVMF_CODE_4M.secboot.fd': run(),
  [`scripts/cvm reference-values ${MADE} --format rvps`]: run(),
  'scripts/cvm reference-values results/latest/dossiers/image --format corim -o my.corim': run(),
};
