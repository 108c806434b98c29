import { FormatError } from '../../bytes/format-error.ts';
import { type ByteSource, chunksOf, readRange } from '../../bytes/source.ts';
import type { BootImage } from '../boot-image.ts';
import { type Contribution, computed, inOrder, unknown } from '../contribution.ts';
import type { Firmware } from '../firmware/firmware.ts';
import type { Forecast } from '../prediction.ts';
import { kernelLoading } from './kernel-loading.ts';
import { linuxEfiStubEvents } from './linux-efi-stub.ts';

/** Where the setup header of a kernel has its magic (Linux, Documentation/arch/x86/boot.rst). */
const MAGIC = { offset: 0x202, text: 'HdrS' } as const;

/** Whether an image is a Linux kernel for x86 that is no UKI. */
export function isLinuxKernel(source: ByteSource): boolean {
  const { offset, text } = MAGIC;
  if (source.size < offset + text.length) return false;
  const magic = readRange(source, offset, text.length, 'magic of the setup header');
  return Buffer.from(magic).toString('latin1') === text;
}

/**
 * Forecasts what follows when the firmware starts a kernel that QEMU (10.0 or newer) gives it. Without
 * a UKI, systemd measures nothing; from v261 on it may, which is not forecast.
 *
 * @param forecast which banks
 * @param firmware how it loads the kernel
 * @param image the kernel, and what QEMU gives with it
 * @throws FormatError where a file cannot be read
 * @see edk2, OvmfPkg/Library/GenericQemuLoadImageLib; QEMU, hw/i386/x86-common.c (x86_load_linux)
 */
export function predictKernelBoot(
  forecast: Forecast,
  { build }: Firmware,
  { source, initrd, commandLine = '' }: BootImage,
): Contribution {
  const { isUnchanged, withInitrd } = kernelLoading(build);
  const image = isUnchanged
    ? computed()
    : unknown([4], 'QEMU changes the header of a kernel that it gives to this firmware');
  if (initrd === undefined || initrd.size === 0) {
    const loadOptions = commandLine === '' ? undefined : commandLine;
    const started = { commandLine: loadOptions, initrd: undefined };
    return inOrder(image, computed(...linuxEfiStubEvents(forecast, source, started)));
  }
  requireFits(initrd);
  if (withInitrd === undefined) {
    return inOrder(image, unknown([9], 'how this firmware tells the kernel of its initrd'));
  }
  const started = {
    commandLine: withInitrd(commandLine),
    initrd: chunksOf(initrd, 0, initrd.size, 'the initrd'),
  };
  return inOrder(image, computed(...linuxEfiStubEvents(forecast, source, started)));
}

/** QEMU tells the firmware the size of an initrd in 32 bits (fw_cfg, `FW_CFG_INITRD_SIZE`). */
const LARGEST_INITRD = 0xffffffff;

function requireFits({ name, size }: ByteSource): void {
  if (size <= LARGEST_INITRD) return;
  const expected = `at most ${LARGEST_INITRD} bytes of initrd`;
  throw new FormatError({ file: name, offset: 0, expected, found: `${size} bytes` });
}
