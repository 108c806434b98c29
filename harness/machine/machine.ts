import { z } from 'zod';

/** A file by path; the launcher hands it to QEMU, the predictor reads it. */
const File = z.string().min(1);

/** Firmware in two flash banks (plain and Secure Boot OVMF), or in one image (the AmdSev build). */
const Firmware = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('pflash'),
    code: File.describe('firmware volume image, mapped read-only'),
    vars: File.describe('variable store; every VM writes to a copy of its own'),
    smm: z.boolean().describe('the build keeps variables in SMM and needs smm=on'),
  }),
  z.strictObject({
    kind: z.literal('bios'),
    image: File.describe('whole firmware, variable store included, given with -bios'),
  }),
]);

/** What the firmware is given to boot. */
const Boot = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('disk'),
    path: File,
    format: z.enum(['raw', 'qcow2']),
  }),
  z.strictObject({
    kind: z.literal('kernel'),
    kernel: File,
    initrd: File.optional(),
    cmdline: z.string().optional(),
    hashesTable: File.optional().describe(
      'hashes of the three, put where AmdSev firmware looks for them',
    ),
  }),
]);

/** Bytes in base64, as QEMU takes them. */
const Base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);

/** How an SEV-SNP guest is launched (AMD 56860, SNP_LAUNCH_START and SNP_LAUNCH_FINISH). */
const Sev = z.strictObject({
  mode: z.literal('snp'),
  policy: z
    .union([z.int().nonnegative(), z.string().regex(/^0x[0-9a-fA-F]{1,16}$/)])
    .default('0x30000')
    .describe('guest policy'),
  hostData: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe('32 bytes that reports show, in hexadecimal digits'),
  idBlock: Base64.length(128).optional().describe('ID block, 96 bytes'),
  idAuth: Base64.length(5464).optional().describe('its keys and signatures, 4096 bytes'),
  authorKey: z.boolean().default(false).describe('ID_AUTH holds an author key that counts'),
  kernelHashes: z
    .boolean()
    .default(false)
    .describe('QEMU puts the hashes of kernel, initrd and command line where the firmware says'),
  cbitpos: z
    .int()
    .min(0)
    .max(63)
    .default(51)
    .describe('bit of an address that says it is encrypted'),
  reducedPhysBits: z.int().min(1).max(63).default(1).describe('address bits that SEV takes away'),
});

/**
 * Everything that can influence a measurement. QEMU's arguments and the prediction are both made
 * from this one value; what is not in it cannot differ between two boots.
 */
export const Machine = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  firmware: Firmware,
  boot: Boot,
  cpu: z
    .string()
    .regex(/^[\w.,+=-]+$/)
    .default('max')
    .describe("QEMU's -cpu"),
  vcpus: z.int().min(1).max(512).default(2),
  memoryMiB: z.int().min(64).default(1024),
  oemStrings: z
    .array(z.string().min(1))
    .optional()
    .describe('OEM strings of its SMBIOS table (type 11), which systemd takes settings from'),
  tpm: z
    .strictObject({
      banks: z.array(z.enum(['sha1', 'sha256', 'sha384', 'sha512'])).nonempty(),
    })
    .default({ banks: ['sha256', 'sha384'] }),
  sev: Sev.optional().describe('the guest is confidential; absent where it is not'),
});

export type Machine = z.infer<typeof Machine>;
