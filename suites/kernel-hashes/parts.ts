import { join } from 'node:path';
import type { FirmwareBuild } from '../../harness/images/firmware-build.ts';
import { IMAGES } from '../images.ts';
import type { Stock } from '../stock.ts';
import type { KernelHashesParts } from './inputs.ts';

/** Where Debian's packages put systemd's EFI programs. */
const PROGRAMS = 'usr/lib/systemd/boot/efi';

/** The build that checks what it boots against the table. */
export function amdSevFirmware(stock: Stock): FirmwareBuild {
  return stock.firmware('2026.08', 'amd-sev');
}

/** What the cases are made of: programs of the toolbox, and the images' own kernels. */
export function kernelHashesParts(stock: Stock): KernelHashesParts {
  const programs = join(stock.toolbox.root, PROGRAMS);
  return {
    firmware: amdSevFirmware(stock).code.path,
    program: join(programs, 'systemd-bootx64.efi'),
    other: join(programs, 'linuxx64.efi.stub'),
    linux: stock.direct(IMAGES.initrdOnly).kernel,
    uki: stock.disk(IMAGES.ukiVerity).uki,
  };
}
