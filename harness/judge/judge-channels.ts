import type { Judgement } from './judgement.ts';

/** What was seen of a boot on every way out of the guest. */
export type Channels = {
  /** What is the matter with the boot; begins a sentence. */
  readonly what: string;
  /** Text that must not be seen. */
  readonly secret: string;
  /** What came out, by the name of the channel. */
  readonly channels: Readonly<Record<string, Uint8Array>>;
  /** What the genuine boot gave when it was asked for the secret: the twin. */
  readonly told: string;
  readonly file: string;
};

/** Judges whether a secret is on no channel; one that the genuine boot does not tell proves nothing. */
export function judgeChannels({ what, secret, channels, told, file }: Channels): Judgement {
  const found = Object.entries(channels).filter(([, bytes]) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(secret),
  );
  const names = Object.keys(channels).join(', ');
  const common = {
    expected: `the text of the volumes on none of: ${names}`,
    observed: found.length === 0 ? 'on none' : `on ${found.map(([name]) => name).join(', ')}`,
    witness: 'console',
    file,
  } as const;
  if (!told.includes(secret)) {
    const sentence = 'not even the genuine boot tells the text of its volumes';
    return { ...common, state: 'vacuous', sentence };
  }
  if (Object.values(channels).every(({ length }) => length === 0)) {
    return {
      ...common,
      state: 'vacuous',
      sentence: `${what}, nothing was seen of the boot at all`,
    };
  }
  return found.length === 0
    ? { ...common, state: 'pass', sentence: `${what}, nothing of the volumes’ text comes out` }
    : { ...common, state: 'fail', sentence: `${what}, the volumes’ text comes out` };
}
