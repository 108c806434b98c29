import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Cursor } from '../../bytes/cursor.ts';
import { guidBytes } from '../../bytes/guid.ts';
import { certificateSubject } from '../../formats/certificate-subject.ts';
import { type EfiVariable, findVariable, VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import { readVariableStore } from '../../formats/efi-variable-store.ts';
import { readSignatureLists } from '../../formats/signature-list.ts';
import { FIXTURES_MISSING, openFixtures } from '../../formats/testing/fixtures.ts';
import { extendPcr, zeroPcr } from '../../measure/bank.ts';
import { replay } from '../../measure/replay.ts';
import {
  efivarsFile,
  measuredPart,
  RECORDED_BANKS,
  recordedBoot,
} from '../testing/recorded-boot.ts';
import {
  type ImageAuthority,
  predictSecureBoot,
  secureBootAuthorityEvents,
} from './secure-boot.ts';

const DB = { guid: VARIABLE_GUIDS.imageSecurity, name: 'db' };
const SHA256 = { banks: ['sha256'] } as const;

function variable(guid: string, name: string, data: Uint8Array): EfiVariable {
  return { guid, name, data, attributes: 39, timestamp: undefined };
}

function policy(variables: readonly EfiVariable[], hasSecureBoot = true) {
  return { store: { authenticated: true, variables }, hasSecureBoot };
}

function authority(data: number, name = 'db'): ImageAuthority {
  const signature = new Uint8Array([...guidBytes(VARIABLE_GUIDS.global), data]);
  return { variable: { ...DB, name }, signature };
}

/** What db says of a certificate, as the firmware finds it. */
function authorityIn(variables: readonly EfiVariable[], subject: string): ImageAuthority {
  const db = findVariable(variables, DB);
  const lists = readSignatureLists(new Cursor('db', db?.data ?? new Uint8Array(0)));
  const signature = lists
    .flatMap(({ signatures }) => signatures)
    .find(({ data }) => certificateSubject(data) === subject);
  if (signature === undefined) throw new Error(`no ${subject} in db`);
  return { variable: DB, signature: signature.bytes };
}

const pk = variable(VARIABLE_GUIDS.global, 'PK', Uint8Array.of(1, 2, 3));

describe('PCR 7', () => {
  const digests = (hasSecureBoot: boolean, variables: readonly EfiVariable[] = []) =>
    predictSecureBoot(SHA256, policy(variables, hasSecureBoot), []).map(
      (event) => event.digests.sha256,
    );

  // Digests that every log of a machine in setup mode has, on OVMF and on hardware.
  const WITHOUT_KEYS = [
    'dea7b80ab53a3daaa24d5cc46c64e1fa9ffd03739f90aadbd8c0867c4a5b4890',
    'e670e121fcebd473b8bc41bb801301fc1d9afa33904f06f7149b74f12c47a68f',
    'baf89a3ccace52750c5f0128351e0422a41597a1adfd50822aa363b9d124ea7c',
    '9f75b6823bff6af1024a4e2036719cdd548d3cbc2bf1de8e7ef4d0ed01f94bf9',
    'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119',
  ];

  it('starts with SecureBoot = 0 and four variables that do not exist in setup mode', () => {
    expect(digests(true)).toEqual([
      '115aa827dbccfb44d216ad9ecfda56bdea620b860a94bed5b7a27bba1c4d02d8',
      ...WITHOUT_KEYS,
    ]);
  });

  it('has an empty SecureBoot on a build without it', () => {
    const [secureBoot, ...others] = digests(false);
    expect(secureBoot).toMatch(/^ce9ce386b52e/);
    expect(others).toEqual(WITHOUT_KEYS);
  });

  it('has SecureBoot = 1 once there is a platform key', () => {
    expect(digests(true, [pk])[0]).toBe(
      'ccfc4bb32888a345bc8aeadaba552b627d99348c767681ab3141f5b01e40a40e',
    );
  });

  it('says what is measured', () => {
    const events = predictSecureBoot(
      SHA256,
      policy([
        pk,
        variable(VARIABLE_GUIDS.imageSecurity, 'dbx', sha256List(2)),
        variable(VARIABLE_GUIDS.imageSecurity, 'dbt', new Uint8Array(0)),
      ]),
      [authority(1)],
    );
    expect(events.map(({ type, description }) => `${type} ${description}`)).toEqual([
      'EV_EFI_VARIABLE_DRIVER_CONFIG SecureBoot: on',
      'EV_EFI_VARIABLE_DRIVER_CONFIG PK: 3 bytes that are no signature lists',
      'EV_EFI_VARIABLE_DRIVER_CONFIG KEK: does not exist',
      'EV_EFI_VARIABLE_DRIVER_CONFIG db: does not exist',
      'EV_EFI_VARIABLE_DRIVER_CONFIG dbx: 2 sha256',
      'EV_EFI_VARIABLE_DRIVER_CONFIG dbt: empty',
      'EV_SEPARATOR end of the pre-OS measurements',
      'EV_EFI_VARIABLE_AUTHORITY db: hash or key, 1 bytes',
    ]);
    expect(events.every(({ pcr, agent }) => pcr === 7 && agent === 'firmware')).toBe(true);
  });

  it('has the digests of every bank that is asked for', () => {
    const banks = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
    const [event] = predictSecureBoot({ banks }, policy([]), []);
    expect(Object.keys(event?.digests ?? {})).toEqual(banks);
  });
});

describe('an authority', () => {
  const events = (...authorities: readonly ImageAuthority[]) =>
    secureBootAuthorityEvents(SHA256, policy([pk]), authorities).map((event) => event?.type);
  const MEASURED = 'EV_EFI_VARIABLE_AUTHORITY';

  it('is measured when it allows the first image, not the next', () => {
    expect(events(authority(1), authority(1), authority(2), authority(1))).toEqual([
      MEASURED,
      undefined,
      MEASURED,
      undefined,
    ]);
  });

  it('is measured where it is of db', () => {
    expect(events(authority(1, 'dbt'), authority(1, 'dbx'), authority(1))).toEqual([
      undefined,
      undefined,
      MEASURED,
    ]);
  });

  it('is not measured unless Secure Boot is on', () => {
    for (const off of [policy([]), policy([pk], false)]) {
      expect(secureBootAuthorityEvents(SHA256, off, [authority(1)])).toEqual([undefined]);
    }
  });
});

/** EFI_SIGNATURE_LIST of hashes that are zero. */
function sha256List(count: number): Uint8Array {
  const header = Buffer.alloc(28);
  header.set(guidBytes('c1c41626-504c-4092-aca9-41f936934328'));
  header.writeUInt32LE(28 + 48 * count, 16);
  header.writeUInt32LE(48, 24);
  return Buffer.concat([header, Buffer.alloc(48 * count)]);
}

const SKIPPED = FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : '';

const stores = openFixtures<{
  readonly files: readonly {
    readonly file: string;
    readonly pcr7_driver_config_events_sb: readonly {
      readonly type: string;
      readonly sha256: string;
    }[];
  }[];
}>('vars', { files: [] });

describe.skipIf(FIXTURES_MISSING)(`what virt-fw-measure forecasts${SKIPPED}`, () => {
  it.each(stores.index.files)('for $file', ({ file, pcr7_driver_config_events_sb: expected }) => {
    const store = readVariableStore(stores.source(file));
    // It takes Secure Boot to be on, and leaves out what does not exist.
    const variables = [
      ...store.variables.filter(({ name }) => name !== 'SecureBootEnable'),
      variable(VARIABLE_GUIDS.global, 'PK', new Uint8Array(0)),
    ];
    const exists = (description: string) => !/^[^:]+: (empty|does not exist)$/.test(description);
    const found = predictSecureBoot(SHA256, policy(variables), [])
      .filter(({ description }) => exists(description))
      .map(({ type, digests }) => ({ type, sha256: digests.sha256 }));
    expect(found).toEqual(expected);
  });
});

type PeerForecast = {
  readonly value: string;
  readonly events: readonly { readonly name: string; readonly hash: string; readonly id: string }[];
};

describe.skipIf(FIXTURES_MISSING)(`what compute-pcrs forecasts${SKIPPED}`, () => {
  const folder = new URL(
    '../../../../shared/fixtures/pcr/compute-pcrs/qemu-ovmf-fedora-42/',
    import.meta.url,
  );
  const variables = (FIXTURES_MISSING ? [] : ['PK', 'KEK', 'db', 'dbx']).map((name) => {
    const guid =
      name === 'PK' || name === 'KEK' ? VARIABLE_GUIDS.global : VARIABLE_GUIDS.imageSecurity;
    return efivarsFile(`${name}-${guid}`, readFileSync(new URL(`efivars/${name}-${guid}`, folder)));
  });
  const forecast = (os: string, state: string): PeerForecast =>
    JSON.parse(readFileSync(new URL(`${os}/pcr7-sb-${state}.json`, folder), 'utf8'));
  const systems = ['fedora-42.20250929.3.0', 'rhel-9.6.20250523-0'];

  it.each(systems)('with Secure Boot, for %s', (os) => {
    const shim = authorityIn(variables, 'CN=Microsoft Corporation UEFI CA 2011');
    const events = predictSecureBoot(SHA256, policy(variables), [shim]);
    expectAgreement(forecast(os, 'enabled'), events);
  });

  it.each(systems)('without keys, for %s', (os) => {
    expectAgreement(forecast(os, 'disabled'), predictSecureBoot(SHA256, policy([]), []));
  });

  /** What shim adds comes after what the firmware measures. */
  function expectAgreement(peer: PeerForecast, events: ReturnType<typeof predictSecureBoot>): void {
    const ours = events.map(({ type, digests }) => ({ name: type, hash: digests.sha256 ?? '' }));
    expect(ours).toEqual(
      peer.events.slice(0, ours.length).map(({ name, hash }) => ({ name, hash })),
    );
    const all = [...ours, ...peer.events.slice(ours.length)];
    const value = all.reduce((pcr, { hash }) => extendPcr('sha256', pcr, hash), zeroPcr('sha256'));
    expect(value).toBe(peer.value);
  }
});

describe.skipIf(FIXTURES_MISSING)(`what boots measured${SKIPPED}`, () => {
  it.each([
    ['i-sboff-nocreds', undefined],
    ['ii-sbon', 'CN=mkosi of root'],
    ['iv-shim', 'CN=Microsoft Corporation UEFI CA 2011'],
  ])('in %s', (name, subject) => {
    const boot = recordedBoot(name);
    const authorities = subject === undefined ? [] : [authorityIn(boot.variables, subject)];
    const forecast = predictSecureBoot(
      { banks: RECORDED_BANKS },
      policy(boot.variables),
      authorities,
    );
    const observed = boot.events.filter(({ pcr }) => pcr === 7);
    expect(forecast.map(measuredPart)).toEqual(
      observed.slice(0, forecast.length).map(measuredPart),
    );
    if (name !== 'iv-shim') expect(forecast).toHaveLength(observed.length);
    expect(replay(forecast, 'sha384')).toEqual(
      replay(observed.slice(0, forecast.length), 'sha384'),
    );
  });
});
