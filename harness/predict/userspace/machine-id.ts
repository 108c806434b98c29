import { findNode, type TreeNode } from '../../formats/file-tree.ts';
import { type KernelParameter, parameterValue } from '../linux/kernel-parameters.ts';

const FILE = '/etc/machine-id';
const DBUS_FILE = '/var/lib/dbus/machine-id';

/** 32 hexadecimal digits, of which one is not zero, or the same as a UUID. */
const ID = /^(?!0*$)[0-9a-f]{32}$/;

/** The machine id that systemd will have, or why it is not known. */
export type MachineId = { readonly id: string } | { readonly unknown: string };

/**
 * Finds out which machine id systemd starts a VM of QEMU with: what the command line says, what
 * /etc/machine-id holds or, where that is empty or uninitialized, the UUID that the machine has.
 *
 * @param root the root file system
 * @param parameters the kernel's
 * @param systemUuid the UUID in the machine's SMBIOS tables; absent where it is not known
 * @throws FormatError where a folder is damaged
 * @see systemd src/shared/machine-id-setup.c; machine-id(5)
 */
export function machineId(
  root: TreeNode,
  parameters: readonly KernelParameter[],
  systemUuid: string | undefined,
): MachineId {
  const given = plain(parameterValue(parameters, 'systemd.machine_id') ?? '');
  if (ID.test(given)) return { id: given };
  const node = findNode(root, FILE);
  if (node?.kind !== 'file') return { unknown: `the root file system has no ${FILE}` };
  if ('unread' in node.content) return { unknown: `${FILE} is not read: ${node.content.unread}` };
  const { content } = node;
  const text = Buffer.from(content.read(0, Math.min(content.size, 64))).toString('latin1');
  const stored = /^([0-9A-Fa-f]{32})\n?$/.exec(text)?.[1]?.toLowerCase();
  if (stored !== undefined) {
    return ID.test(stored) ? { id: stored } : { unknown: `${FILE} holds zeros` };
  }
  return fromFirmware(root, systemUuid);
}

/** A zero UUID is what QEMU has without `-uuid`; systemd then takes random numbers. */
function fromFirmware(root: TreeNode, systemUuid: string | undefined): MachineId {
  if (findNode(root, DBUS_FILE)?.kind === 'file') {
    return { unknown: `${FILE} is not initialized, and ${DBUS_FILE} may be used for it` };
  }
  const why = `${FILE} is not initialized: systemd takes the machine's UUID for it`;
  if (systemUuid === undefined) return { unknown: `${why}, which is not known` };
  const id = plain(systemUuid);
  if (ID.test(id) && !/^f*$/.test(id)) return { id };
  return { unknown: `${FILE} is not initialized, and is set at random` };
}

function plain(id: string): string {
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  return (isUuid ? id.replaceAll('-', '') : id).toLowerCase();
}
