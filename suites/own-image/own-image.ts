import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestAccess } from '../../harness/guest/ssh-connection.ts';
import { UsageError } from '../../harness/host/errors.ts';
import { openSource } from '../../harness/host/file-source.ts';
import type { FirmwareBuild } from '../../harness/images/firmware-build.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { findBootImage } from '../../harness/predict/boot-image.ts';
import { readMachineFirmware } from '../../harness/predict/firmware/firmware.ts';
import { hashKernel, makeHashesTable } from '../../harness/sev/hashes-table.ts';
import { filesToPredict } from '../../harness/vm/machine-files.ts';
import { certificateStore } from './certificate-store.ts';
import { type BootPathName, type ImageFacts, imageFacts } from './image-facts.ts';
import { imageKind } from './image-kind.ts';
import type { OwnImageContext } from './own-image-context.ts';
import { rawDisk } from './raw-disk.ts';
import { requireSshKeys } from './ssh-keys.ts';

/** What somebody says of their image; paths are absolute. */
export type ImageRequest = {
  /** A disk (raw or qcow2), a UKI, or a Linux kernel. */
  readonly image: string;
  readonly initrd?: string | undefined;
  readonly cmdline?: string | undefined;
  readonly ssh?: {
    readonly user: string;
    readonly key: string;
    readonly hostKey?: string | undefined;
  };
  readonly boot: {
    readonly path?: BootPathName | undefined;
    readonly firmware: string;
    readonly vcpus: number;
    readonly memoryMiB: number;
  };
  /** Secure Boot is on with these in db. */
  readonly certificates?: readonly string[];
};

/** An image of somebody's own, ready to be booted. */
export type OwnImage = {
  readonly machine: Machine;
  readonly facts: ImageFacts;
  /** Absent where nobody can log in. */
  readonly access: GuestAccess | undefined;
  /** Why nobody can; absent where somebody can. */
  readonly noAccess?: string;
};

/** Name of the machine that boots it. */
const MACHINE = 'image';

/**
 * Finds out what an image is and has, and makes the machine that boots it.
 *
 * @throws UsageError where the request does not fit the image; FormatError where the image, or a
 *   certificate or key, is none; UnbootableError where the firmware would boot nothing; InfraError where a
 *   tool fails
 */
export async function ownImage(request: ImageRequest, context: OwnImageContext): Promise<OwnImage> {
  await mkdir(context.inputs, { recursive: true, mode: 0o700 });
  const machine = await machineOf(request, context);
  const facts = await factsOf(machine);
  const { path } = request.boot;
  if (path !== undefined && path !== facts.path) {
    throw new UsageError(
      `${request.image}: expected to be booted by way of ${path} (boot.path), found ${facts.path}: ` +
        facts.programs.join(', '),
    );
  }
  const access = await accessOf(request, facts, context.inputs);
  if (access.access !== undefined) await requireSshKeys(access.access);
  return { machine, facts, ...access };
}

async function machineOf(request: ImageRequest, context: OwnImageContext): Promise<Machine> {
  using source = await openSource(request.image);
  const kind = imageKind(source);
  const { vcpus, memoryMiB } = request.boot;
  const size = { name: MACHINE, vcpus, memoryMiB };
  if (kind === 'uki' || kind === 'kernel') return directMachine(request, context, size);
  if ((request.initrd ?? request.cmdline) !== undefined) {
    throw new UsageError(`${request.image} is a disk: --initrd and --cmdline go with a kernel`);
  }
  const path = kind === 'raw' ? request.image : await rawDisk(source, context);
  const { code, vars } = buildOf(request, context.firmware, 'secure-boot');
  if (vars === null) throw new TypeError('a Secure Boot build without variable store');
  const { certificates } = request;
  const store =
    certificates === undefined
      ? vars.path
      : await certificateStore(vars.path, certificates, context);
  return Machine.parse({
    ...size,
    firmware: { kind: 'pflash', code: code.path, vars: store, smm: true },
    boot: { kind: 'disk', path, format: 'raw' },
  });
}

/** The AmdSev build checks what it is given against a table of hashes, and has no Secure Boot. */
async function directMachine(
  request: ImageRequest,
  { firmware, inputs }: OwnImageContext,
  size: Pick<Machine, 'name' | 'vcpus' | 'memoryMiB'>,
): Promise<Machine> {
  const { image, initrd, cmdline, certificates } = request;
  if (certificates !== undefined) {
    throw new UsageError(
      'certificates: a UKI or kernel without a disk is booted without Secure Boot',
    );
  }
  using files = new DisposableStack();
  const kernel = files.use(await openSource(image));
  const ramdisk = initrd === undefined ? undefined : files.use(await openSource(initrd));
  const hashesTable = join(inputs, 'hashes.table');
  await writeFile(hashesTable, makeHashesTable(hashKernel({ kernel, initrd: ramdisk, cmdline })));
  return Machine.parse({
    ...size,
    firmware: { kind: 'bios', image: buildOf(request, firmware, 'amd-sev').code.path },
    boot: {
      kind: 'kernel',
      kernel: image,
      hashesTable,
      ...(initrd !== undefined && { initrd }),
      ...(cmdline !== undefined && { cmdline }),
    },
  });
}

function buildOf(
  { boot }: ImageRequest,
  builds: readonly FirmwareBuild[],
  variant: FirmwareBuild['variant'],
): FirmwareBuild {
  const ofVariant = builds.filter((build) => build.variant === variant);
  const found = ofVariant.find(({ generation }) => generation === boot.firmware);
  if (found !== undefined) return found;
  const there = ofVariant.map(({ generation }) => generation).join(', ');
  throw new UsageError(
    `boot.firmware: no ${variant} build of OVMF ${boot.firmware}; there is ${there}`,
  );
}

async function factsOf(machine: Machine): Promise<ImageFacts> {
  using files = new DisposableStack();
  const sources = new Map<string, Awaited<ReturnType<typeof openSource>>>();
  for (const path of filesToPredict(machine)) sources.set(path, files.use(await openSource(path)));
  const open = (path: string) => {
    const source = sources.get(path);
    if (source === undefined) throw new TypeError(`${path} is no file of the machine`);
    return source;
  };
  return imageFacts(readMachineFirmware(machine.firmware, open), findBootImage(machine.boot, open));
}

/** Without a host key that is known beforehand, whoever answers might be anybody. */
async function accessOf(
  { ssh }: ImageRequest,
  { hostKey }: ImageFacts,
  inputs: string,
): Promise<Pick<OwnImage, 'access' | 'noAccess'>> {
  if (ssh === undefined) {
    return { access: undefined, noAccess: 'the configuration names no SSH key (ssh.key)' };
  }
  const { user, key: privateKey } = ssh;
  if (ssh.hostKey !== undefined) {
    return { access: { user, privateKey, hostKey: ssh.hostKey } };
  }
  if (hostKey === undefined) {
    const noAccess =
      'no host key is known: the configuration names none (ssh.hostKey), and no file system of the ' +
      'image that is read has /etc/ssh/ssh_host_ed25519_key.pub';
    return { access: undefined, noAccess };
  }
  const path = join(inputs, 'ssh_host_ed25519_key.pub');
  await writeFile(path, `${hostKey}\n`);
  return { access: { user, privateKey, hostKey: path } };
}
