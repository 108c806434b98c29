/** The stages of a boot, in order. */
export type StageName = 'firmware' | 'boot-loader' | 'kernel' | 'initrd' | 'root' | 'ssh';

/** One stage: how its beginning is seen on the console, and how long it may last. */
export type Stage = {
  readonly name: StageName;
  /** Console lines that are written when the stage has begun. */
  readonly marks: readonly RegExp[];
  /**
   * Deadline in seconds on the machine that {@link NOMINAL_FIRMWARE_SECONDS} was measured on: some
   * eight times what the stage takes there.
   */
  readonly seconds: number;
};

/**
 * What a boot goes through. Firmware begins at power-on; every other stage where its mark is seen.
 * An image of somebody else may be silent for several stages: those are merged into the next one
 * that is seen.
 */
export const BOOT_STAGES: readonly Stage[] = [
  { name: 'firmware', marks: [], seconds: 40 },
  {
    name: 'boot-loader',
    marks: [
      /BdsDxe: starting Boot[0-9A-F]{4} (?!"EFI Internal Shell")/,
      /^EFI stub: /,
      /^(?:\.\.\/)?src\/boot\/(?:efi\/)?\w+\.c:/, // systemd-boot and systemd-stub
      /^Welcome to GRUB!/,
    ],
    seconds: 40,
  },
  {
    name: 'kernel',
    marks: [/^\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? /, /^Linux version \d/],
    seconds: 30,
  },
  {
    name: 'initrd',
    marks: [
      /(?:^|\s)cvm-stage: initrd$/,
      /Run \/init as init process/,
      /systemd\[1\]: Running in initrd/,
    ],
    seconds: 40,
  },
  {
    name: 'root',
    marks: [/(?:^|\s)cvm-stage: root$/, /systemd\[1\]: Switching root/],
    seconds: 40,
  },
  { name: 'ssh', marks: [/(?:^|\s)cvm-stage: ready$/], seconds: 30 },
];

/** Position of a stage in the boot. */
export function stageIndex(name: StageName): number {
  return BOOT_STAGES.findIndex((stage) => stage.name === name);
}

/** The stage that a console line tells of, or `undefined` where it tells of none. */
export function stageOfLine(line: string): StageName | undefined {
  // The last that fits: `Run /init` is both a line of the kernel and the beginning of the initrd.
  return BOOT_STAGES.findLast(({ marks }) => marks.some((mark) => mark.test(line)))?.name;
}

/**
 * How long a boot that is in a stage may take until the next stage is seen: the deadlines of the
 * stage itself and of those after it that may pass unseen.
 *
 * @param name the stage seen last
 * @param announced the stages that this boot is sure to show
 * @returns seconds, before calibration
 */
export function secondsUntilNext(name: StageName, announced: ReadonlySet<StageName>): number {
  const after = BOOT_STAGES.slice(stageIndex(name) + 1);
  const next = after.findIndex((stage) => announced.has(stage.name));
  const unseen = next < 0 ? after : after.slice(0, next);
  return [...BOOT_STAGES.filter((stage) => stage.name === name), ...unseen].reduce(
    (total, stage) => total + stage.seconds,
    0,
  );
}
