import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { licencesOf, licencesText } from './licences.ts';

/** They ask for nothing but that their text is kept. */
const FREE = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MIT OR Apache-2.0',
  'Unlicense',
];

/** Of tools that are not given on: changes of their files would have to be published. */
const FOR_DEVELOPMENT = [...FREE, 'MPL-2.0', 'CC-BY-4.0'];

const packages = licencesOf(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
);

describe('the licences of npm packages', () => {
  it.each([
    ['what runs', FREE, false],
    ['tools', FOR_DEVELOPMENT, true],
  ] as const)('are known to fit Apache-2.0: %s', (_, allowed, isForDevelopment) => {
    const some = packages.filter((one) => one.isForDevelopment === isForDevelopment);
    expect(some.length).toBeGreaterThan(10);
    const others = some.filter(({ licence }) => !allowed.includes(licence));
    expect(others.map(({ name, licence }) => `${name}: ${licence}`)).toEqual([]);
  });

  it('are listed', () => {
    const lock = {
      packages: {
        '': { version: '1.0.0' },
        'node_modules/a': { version: '1.0.0', license: 'MIT' },
        'node_modules/a/node_modules/@s/b': { version: '2.0.0', license: 'ISC', dev: true },
        'node_modules/ssh2': { version: '1.17.0' },
        'node_modules/c': { version: '3.0.0' },
      },
    };
    expect(licencesText(licencesOf(JSON.stringify(lock)))).toBe(
      [
        'used when it runs:',
        '  MIT (2): a 1.0.0, ssh2 1.17.0',
        '  unknown (1): c 3.0.0',
        'for development:',
        '  ISC (1): @s/b 2.0.0',
        '',
      ].join('\n'),
    );
  });
});
