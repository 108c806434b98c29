import { toolbox, WORKSPACE } from '../../../harness/cli/workspace.ts';
import { EnvironmentError } from '../../../harness/host/errors.ts';
import { readDefinition } from '../../../harness/images/definition.ts';
import { firmwareBuilds } from '../../../harness/images/firmware-build.ts';
import { isBuilt, referenceImage, requireDisk } from '../../../harness/images/reference-image.ts';
import { cvm, peer } from '../commands.ts';
import type { Job } from '../job.ts';

const IMAGE = 'uki-verity';

/** The whole forecast of the reference image. No other tool makes one: the peer reads the image once. */
export const PREDICTION: Job = {
  name: 'predict',
  ours: 'cvm predict --disk, reference image',
  peer: 'sha256sum of the image',
  prepare: async () => {
    const definition = await readDefinition(WORKSPACE.definitions, IMAGE, toolbox());
    const image = requireDisk(referenceImage(definition, WORKSPACE.images));
    if (!isBuilt(image)) {
      const missing = `the reference image ${IMAGE} is not built`;
      throw new EnvironmentError({ missing, remedy: `run scripts/cvm image build ${IMAGE}` });
    }
    const builds = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
    const build = builds.find(({ variant }) => variant === 'plain');
    if (build === undefined) {
      throw new EnvironmentError({
        missing: 'no plain firmware build',
        remedy: 'run scripts/setup',
      });
    }
    const vars = build.vars === null ? [] : ['--vars', build.vars.path];
    const firmware = ['--firmware', build.code.path, ...vars];
    return {
      ours: cvm('predict', '--json', '--disk', image.disk, ...firmware),
      peer: peer('/usr/bin/sha256sum', [image.disk], { readable: [image.disk] }),
      agree: (prediction) =>
        typeof JSON.parse(prediction).banks.sha256['11'] === 'string' || 'PCR 11 is not forecast',
    };
  },
};
