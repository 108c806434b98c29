import { toolbox, WORKSPACE } from '../../../harness/cli/workspace.ts';
import type { ReadyMachine } from '../../../harness/guest/ready-vms.ts';
import { EnvironmentError } from '../../../harness/host/errors.ts';
import { readDefinition } from '../../../harness/images/definition.ts';
import { firmwareBuilds } from '../../../harness/images/firmware-build.ts';
import { isBuilt, referenceImage, requireDisk } from '../../../harness/images/reference-image.ts';
import { Machine } from '../../../harness/machine/machine.ts';

const IMAGE = 'uki-verity';

/**
 * The machine that goals are measured on: two vCPUs, 1 GiB, the reference image.
 *
 * @throws EnvironmentError where the image is not built
 */
export async function referenceMachine(): Promise<ReadyMachine> {
  const definition = await readDefinition(WORKSPACE.definitions, IMAGE, toolbox());
  const image = requireDisk(referenceImage(definition, WORKSPACE.images));
  const builds = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
  const build = builds.find(({ variant }) => variant === 'secure-boot');
  if (!isBuilt(image) || build?.vars == null) {
    const missing = `image ${IMAGE} is not built`;
    throw new EnvironmentError({ missing, remedy: `run scripts/cvm image build ${IMAGE}` });
  }
  const machine = Machine.parse({
    name: 'bench',
    firmware: { kind: 'pflash', code: build.code.path, vars: build.vars.path, smm: true },
    boot: { kind: 'disk', format: 'raw', path: image.disk },
  });
  const { sshKey, sshHostKey } = image.keys;
  return { machine, access: { user: 'root', privateKey: sshKey, hostKey: `${sshHostKey}.pub` } };
}
