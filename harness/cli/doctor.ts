import { readFile } from 'node:fs/promises';
import { bytesSource } from '../bytes/source.ts';
import { EnvironmentError } from '../host/errors.ts';
import { hostFacts } from '../host/host-facts.ts';
import { toolVersions } from '../host/tool-versions.ts';
import { type FirmwareBuild, firmwareBuilds } from '../images/firmware-build.ts';
import { chooseAccelerator } from '../vm/accelerator.ts';
import { EXIT } from './exit-code.ts';
import { type FirmwareSev, firmwareSev, renderFirmwareSev } from './firmware-sev.ts';
import { HostSession } from './host-session.ts';
import { print } from './output.ts';
import { probeMachine } from './probe-machine.ts';
import { setUp } from './set-up.ts';
import { toolbox, WORKSPACE } from './workspace.ts';

/** One thing that a host can or cannot do. */
type Check = {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** How to get it; `null` where it is there. */
  readonly remedy: string | null;
};

/** What is run where all of its checks are fine. */
type Profile = {
  readonly profile: string;
  readonly ready: boolean;
  readonly lacks: readonly string[];
};

/** Checks that each profile needs. */
const PROFILES: Readonly<Record<string, readonly string[]>> = {
  emulated: ['toolbox', 'QEMU', 'swtpm', 'firmware'],
  kvm: ['toolbox', 'QEMU', 'swtpm', 'firmware', 'KVM'],
  'sev-snp': ['toolbox', 'QEMU', 'swtpm', 'firmware', 'KVM', 'SEV-SNP'],
};

/**
 * Tells what this host can do.
 *
 * @returns exit code: 0 where the emulated profile can run, else 3
 */
export async function doctor({ json }: { readonly json: boolean }): Promise<number> {
  await using session = new HostSession();
  await setUp(session);
  session.step('looking at this host');
  const builds = await attempt('firmware', () =>
    firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware),
  );
  const checks = await runChecks(session, builds);
  const firmware = 'ok' in builds ? [] : await Promise.all(builds.value.map(offerOf));
  const profiles = Object.entries(PROFILES).map(([profile, needs]) =>
    profileOf(profile, needs, checks),
  );
  const host = await hostFacts();
  await session.close();
  print({ host, checks, firmware, profiles }, json, () => render(checks, firmware, profiles));
  return profiles.some(({ profile, ready }) => profile === 'emulated' && ready)
    ? EXIT.conforms
    : EXIT.hostCannot;
}

/** What a firmware build offers a confidential guest. */
type FirmwareOffer = { readonly generation: string; readonly variant: string } & FirmwareSev;

/** A launch digest, and a direct boot with hashes, need what is found out here beforehand. */
async function offerOf({ generation, variant, code }: FirmwareBuild): Promise<FirmwareOffer> {
  const image = bytesSource(code.file, await readFile(code.path));
  return { generation, variant, ...firmwareSev(image) };
}

async function runChecks(
  session: HostSession,
  builds: Check | { readonly value: readonly FirmwareBuild[] },
): Promise<readonly Check[]> {
  return [
    await attemptCheck('toolbox', async () => fine('toolbox', toolbox().root)),
    ...(await versionChecks(session)),
    ...('ok' in builds ? [builds] : [firmwareCheck(builds.value)]),
    await attemptCheck('KVM', () => kvmCheck('ok' in builds ? [] : builds.value, session)),
    await sevCheck(),
  ];
}

/** Without the toolbox there is nothing to ask; that it is missing is a check of its own. */
async function versionChecks({ reaper, signal }: HostSession): Promise<readonly Check[]> {
  const versions = await attempt('toolbox', () => toolVersions(toolbox(), { reaper, signal }));
  const found: Readonly<Record<string, string>> = 'ok' in versions ? {} : versions.value;
  return [
    ['QEMU', 'qemu-system-x86_64'],
    ['swtpm', 'swtpm'],
  ].map(([name = '', tool = '']) => {
    const detail = found[tool] ?? 'not there';
    return detail === 'not there'
      ? { name, ok: false, detail, remedy: 'run scripts/setup' }
      : fine(name, detail);
  });
}

function firmwareCheck(builds: readonly FirmwareBuild[]): Check {
  const names = builds.map(({ generation, variant }) => `${generation} ${variant}`).join(', ');
  const differing = builds.filter(({ code }) => code.sha256 !== code.expectedSha256);
  const detail =
    differing.length === 0
      ? names
      : `${names}; not the build of the manifest: ${differing.map(({ code }) => code.file).join(', ')}`;
  return fine('firmware', detail);
}

/** By running real firmware: that the device opens says nothing. */
async function kvmCheck(builds: readonly FirmwareBuild[], session: HostSession): Promise<Check> {
  const machine = probeMachine(builds);
  if (machine === undefined) {
    return {
      name: 'KVM',
      ok: false,
      detail: 'no firmware to probe it with',
      remedy: 'run scripts/setup',
    };
  }
  const { reaper, signal } = session;
  const choice = await chooseAccelerator('kvm', machine, { tools: toolbox(), reaper, signal });
  return fine('KVM', choice.reason);
}

/** SEV-SNP as the kernel and the device show it (Linux, Documentation/virt/kvm/x86/amd-memory-encryption.rst). */
async function sevCheck(): Promise<Check> {
  const parameter = '/sys/module/kvm_amd/parameters/sev_snp';
  const value = (await readFile(parameter, 'utf8').catch(() => 'absent')).trim();
  if (value === 'Y' || value === '1') return fine('SEV-SNP', `${parameter} is ${value}`);
  return {
    name: 'SEV-SNP',
    ok: false,
    detail: `${parameter} is ${value}; launch measurements are computed but not observed`,
    remedy:
      'an AMD EPYC 7003 or newer with SEV-SNP enabled in its firmware and Linux 6.11 or newer',
  };
}

function fine(name: string, detail: string): Check {
  return { name, ok: true, detail, remedy: null };
}

async function attemptCheck(name: string, check: () => Promise<Check>): Promise<Check> {
  const outcome = await attempt(name, check);
  return 'ok' in outcome ? outcome : outcome.value;
}

/** What the host lacks is an answer here, not an error. */
async function attempt<T>(
  name: string,
  run: () => Promise<T>,
): Promise<{ readonly value: T } | Check> {
  try {
    return { value: await run() };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return { name, ok: false, detail: error.missing, remedy: error.remedy };
  }
}

function profileOf(profile: string, needs: readonly string[], checks: readonly Check[]): Profile {
  const lacks = needs.filter((need) => !checks.some(({ name, ok }) => name === need && ok));
  return { profile, ready: lacks.length === 0, lacks };
}

function render(
  checks: readonly Check[],
  firmware: readonly FirmwareOffer[],
  profiles: readonly Profile[],
): string {
  const checkLines = checks.map(({ name, ok, detail, remedy }) => {
    const line = `${ok ? '✓' : '-'} ${name.padEnd(9)} ${detail}`;
    return remedy === null ? line : `${line}\n            to get it: ${remedy}`;
  });
  const profileLines = profiles.map(({ profile, ready, lacks }) =>
    ready
      ? `✓ profile ${profile} can run`
      : `- profile ${profile} cannot run: no ${lacks.join(', no ')}`,
  );
  const firmwareLines = firmware.map(
    (one) => `  ${one.generation} ${one.variant.padEnd(11)} ${renderFirmwareSev(one)}`,
  );
  return [...checkLines, '', 'firmware for SEV:', ...firmwareLines, '', ...profileLines].join('\n');
}
