import { StageTimeout } from '../host/errors.ts';
import type { StageName } from './boot-stages.ts';

/** A boot was still in the same stage when its deadline came: unlike any other wait, that is the image's doing. */
export class BootStageTimeout extends StageTimeout {
  override readonly name = 'BootStageTimeout';

  /**
   * @param seconds how long the stage has lasted
   * @param lastLines the console's last lines
   */
  constructor(stage: StageName, seconds: number, lastLines: readonly string[]) {
    super({ stage: `boot stage ${stage}`, seconds, lastLines });
  }
}
