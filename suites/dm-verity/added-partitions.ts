import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  certificatePath,
  type ImageKeys,
  privateKeyPath,
  type SecureBootKey,
} from '../../harness/images/image-keys.ts';
import { partitionUuids } from '../../harness/verity/partition-uuids.ts';
import type { AddedPartition } from './append-partitions.ts';
import { type ChangeContext, toolboxShell } from './toolbox-shell.ts';

/** Partition types for x86-64 (UAPI.2, Discoverable Partitions Specification). */
const USR = '8484680c-9521-48c6-9c11-b0720656f69e';
export const USR_VERITY = '77ff5f63-e7b6-4633-acf4-1565b864c0e6';
const ROOT_VERITY_SIGNATURE = '41092b05-9fc8-4523-994f-2def0408b176';

/** Salt and UUID of the tree over /usr: any, but always the same. */
const SALT = 'c0de'.repeat(16);
const TREE_UUID = 'c0de0000-0000-4000-8000-0000000005a1';

const SIGNATURE_UUID = 'c0de0000-0000-4000-8000-00000000051c';

/** A file system of the root's /usr, and its tree; prints the root hash. */
const MAKE_USR = `fsck.erofs --extract=tree --offset="$1" "$2" > /dev/null
mkfs.erofs --quiet -T 0 --all-root usr.img tree/usr > /dev/null
veritysetup format usr.img usr.tree --salt "$3" --uuid "$4" --data-block-size 4096 |
sed -n 's/^Root hash:[[:space:]]*//p'
rm -rf tree`;

/**
 * What systemd-repart puts into a signature partition: the root hash in hexadecimal digits, signed in a
 * detached PKCS #7, and who signed it (UAPI.2, Verity signature partitions).
 */
const MAKE_SIGNATURE = `printf %s "$1" > root-hash
openssl smime -sign -nocerts -noattr -binary -in root-hash -inkey "$2" -signer "$3" -outform der -out signature
fingerprint=$(openssl x509 -in "$3" -outform der | sha256sum | cut -d ' ' -f 1)
printf '{"rootHash":"%s","certificateFingerprint":"%s","signature":"%s"}' "$1" "$fingerprint" "$(base64 -w 0 signature)"`;

/** Size of a signature partition, as systemd-repart makes it. */
const SIGNATURE_BYTES = 16 << 10;

/**
 * Makes a file system of the /usr of a root, and a hash tree over it.
 *
 * @param disk absolute path of the raw image with the root
 * @param offset where the root begins there, in bytes
 * @param directory where it is made
 * @returns the root hash in lower-case hex, and the two partitions
 * @throws InfraError where erofs-utils or veritysetup fail
 */
export async function usrPartitions(
  disk: string,
  offset: number,
  directory: string,
  context: ChangeContext,
): Promise<{ readonly root: string; readonly partitions: readonly AddedPartition[] }> {
  const words = [offset, disk, SALT, TREE_UUID];
  const script = { script: MAKE_USR, words, directory, readable: [disk] };
  const root = (await toolboxShell(script, context)).trim();
  const { data, hash } = partitionUuids(root);
  const partitions = [
    { type: USR, uuid: data, name: 'usr', bytes: await taken(join(directory, 'usr.img')) },
    {
      type: USR_VERITY,
      uuid: hash,
      name: 'usr-verity',
      bytes: await taken(join(directory, 'usr.tree')),
    },
  ];
  return { root, partitions };
}

/** What was made on the way is not kept beside the disk that has it. */
async function taken(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path);
  await rm(path);
  return bytes;
}

/**
 * Signs a root hash.
 *
 * @param root the root hash in lower-case hex
 * @param signer whose key signs it
 * @param directory where it is made
 * @returns the partition, and the signature in Base64
 * @throws InfraError where openssl fails
 */
export async function signaturePartition(
  root: string,
  signer: SecureBootKey,
  keys: ImageKeys,
  directory: string,
  context: ChangeContext,
): Promise<{ readonly partition: AddedPartition; readonly signature: string }> {
  const words = [root, privateKeyPath(keys, signer), certificatePath(keys, signer)];
  const script = { script: MAKE_SIGNATURE, words, directory, readable: [keys.directory] };
  const text = await toolboxShell(script, context);
  const bytes = Buffer.alloc(SIGNATURE_BYTES);
  bytes.write(text);
  const { signature } = JSON.parse(text) as { readonly signature: string };
  const about = { type: ROOT_VERITY_SIGNATURE, uuid: SIGNATURE_UUID, name: 'root-verity-sig' };
  return { partition: { ...about, bytes }, signature };
}
