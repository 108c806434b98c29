import { BOOT_EXTENDS, programExtends, sha256Extends } from '../tpm/boot-extends.ts';
import type { PcrExtend } from '../tpm/pcr-extend.ts';
import type { SeenBoot } from './boot-watch.ts';
import type { QemuProcess } from './qemu-process.ts';

/** What was seen of a run of the firmware. */
export type SeenFirmware = SeenBoot & {
  /** SHA-256 digests that PCR 4 was extended with, in lower-case hex. */
  readonly bootEvents: readonly string[];
  /** Those of them that are neither a boot attempt nor the separator: programs. */
  readonly programs: readonly string[];
};

/** What a run of the firmware shows of itself while it lasts. */
export class FirmwareWatch {
  /** Grows with each sign of life. */
  activity = 0;
  readonly #extends: PcrExtend[];
  readonly #console: string[];

  /** @param before what was seen before the run went on here */
  constructor(qemu: QemuProcess, before: SeenBoot = { extends: [], console: [] }) {
    this.#extends = [...before.extends];
    this.#console = [...before.console];
    qemu.console.onLine((line) => {
      this.activity += 1;
      this.#console.push(line);
    });
  }

  /** Waits until the firmware has measured a program and leaves the boot to it. */
  async started(extended: AsyncIterable<PcrExtend>): Promise<{ readonly kind: 'started' }> {
    for await (const extend of extended) {
      this.activity += 1;
      this.#extends.push(extend);
      const { programs, bootEvents } = this.seen;
      if (programs.length > 0 && bootEvents.includes(BOOT_EXTENDS.separator)) break;
    }
    return { kind: 'started' };
  }

  get seen(): SeenFirmware {
    return {
      bootEvents: sha256Extends(this.#extends, 4),
      programs: programExtends(this.#extends),
      extends: [...this.#extends],
      console: [...this.#console],
    };
  }
}
