import type { Mutant } from './target.ts';

/** An element of DER or BER as far as it makes sense: tag, and content or elements inside. */
type Node = { tag: number; content: Uint8Array; children: Node[] };

const MOST_DEPTH = 24;
const MOST_NODES = 2000;

/** Changes one element of a DER structure and makes the lengths around it right again. */
export function mutateDer(bytes: Uint8Array, { random, other, maxBytes }: Mutant): Uint8Array {
  const roots = parse(bytes, 0) ?? [];
  const parents = familiesOf(roots);
  const family = parents[random.below(parents.length)];
  const at = random.below(family?.length ?? 0);
  const node = family?.[at];
  if (family === undefined || node === undefined) return bytes;
  const strangers = familiesOf(parse(other, 0) ?? []).flat();
  const stranger = strangers[random.below(strangers.length)] ?? node;
  const changes = [
    () => family.splice(at, 1),
    () => family.splice(at, 0, node),
    () => family.splice(at, 1, stranger),
    () => family.splice(at, 0, stranger),
    () => family.push(...family.splice(at, 1)),
    () => Object.assign(node, { tag: random.pick([2, 3, 4, 5, 6, 0x30, 0x31, 0xa0, 0xa1, 0xa3]) }),
    () => Object.assign(node, { children: [], content: new Uint8Array(random.below(40)) }),
    () => Object.assign(node, { children: [{ ...node }] }),
  ] as const;
  random.pick(changes)();
  const result = Buffer.concat(roots.map((root) => encode(root)));
  return result.length > maxBytes ? bytes : result;
}

/** Lists of elements that stand side by side. */
function familiesOf(nodes: Node[]): Node[][] {
  const families: Node[][] = [];
  const waiting = [nodes];
  for (let list = waiting.pop(); list !== undefined; list = waiting.pop()) {
    if (list.length > 0) families.push(list);
    if (families.length === MOST_NODES) break;
    for (const { children } of list) waiting.push(children);
  }
  return families;
}

/** The elements that fill the bytes, or nothing where none do. */
function parse(bytes: Uint8Array, depth: number): Node[] | undefined {
  const nodes: Node[] = [];
  let at = 0;
  while (at < bytes.length) {
    const header = headerAt(bytes, at);
    if (header === undefined || nodes.length === MOST_NODES) return undefined;
    const { tag, start, end } = header;
    const content = bytes.subarray(start, end);
    const inside = (tag & 0x20) !== 0 && depth < MOST_DEPTH ? parse(content, depth + 1) : undefined;
    nodes.push({ tag, content, children: inside ?? [] });
    at = end;
  }
  return nodes;
}

function headerAt(bytes: Uint8Array, at: number) {
  const first = bytes[at + 1] ?? 0xff;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (count > 3) return undefined;
  let length = first < 0x80 ? first : 0;
  for (let index = 0; index < count; index++) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  const start = at + 2 + count;
  return start + length > bytes.length
    ? undefined
    : { tag: bytes[at] ?? 0, start, end: start + length };
}

function encode({ tag, content, children }: Node, depth = 0): Uint8Array {
  const inside = depth < MOST_DEPTH ? children.map((child) => encode(child, depth + 1)) : [];
  const body = children.length === 0 ? content : Buffer.concat(inside);
  const length = body.length;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x10000
        ? [tag, 0x82, length >> 8, length & 0xff]
        : [tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Uint8Array.from(header), body]);
}
