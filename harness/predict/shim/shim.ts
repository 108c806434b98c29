import type { EfiVariable } from '../../formats/efi-variable.ts';
import { listDirectory, openFile } from '../../formats/fat.ts';
import { readSbatLevel } from '../../formats/sbat.ts';
import type { Shim } from '../../formats/shim.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { type BootImage, type BootVolume, onDisk } from '../boot-image.ts';
import type { Firmware } from '../firmware/firmware.ts';
import type { ImageLoader } from '../image-loader.ts';
import { firmwareLoader } from '../image-loader.ts';
import type { Forecast } from '../prediction.ts';
import { UnbootableError } from '../unbootable-error.ts';
import { shimLoader } from './shim-loader.ts';
import { sbatLevelAfterShim } from './shim-sbat-level.ts';
import { mokLists, shimStateEvents } from './shim-state.ts';
import { isShimStateSet, shimRequest, shimStateOf } from './shim-variables.ts';
import type { ShimPolicy } from './shim-verdict.ts';
import { shimDatabases } from './shim-verification.ts';

/** The version whose sources and boots the forecast was held against. */
const FORECAST_VERSION = '16.1';

/** Paths of which shim says that they are those of removable media: there it looks for its fallback. */
const REMOVABLE = /^\\EFI\\BOOT\\BOOT/i;
const FALLBACK = '\\EFI\\BOOT\\fbx64.efi';
const OPTIONS = 'options.csv';
/** Files beside shim from which it takes certificates and revocations when Secure Boot is on. */
const TRUST_FILES = /^(shim_certificate.*|revocations_(sbat|sku)\.efi)$/i;
const REQUIRES_NX = 1;

/** What shim starts, what it measures before, and how images are loaded from then on. */
export type ShimStart = {
  readonly next: BootImage;
  readonly events: readonly ExpectedEvent[];
  /** Loads the second stage. */
  readonly load: ImageLoader;
  /** What the second stage and what it starts have loaded. */
  readonly loadFurther: ImageLoader;
};

/**
 * Forecasts what shim measures and starts, where there is no doubt.
 *
 * @param forecast which banks
 * @param shim what it was built with
 * @param image where it is
 * @param firmware whose variables it works with
 * @param isSecureBoot whether Secure Boot is on
 * @throws FormatError where a list or a folder is damaged
 * @throws UnbootableError where there is no second stage, or SbatLevel revokes shim
 * @see shim 16.1, shim.c (efi_main)
 */
export function predictShim(
  forecast: Forecast,
  shim: Shim,
  { path, place }: BootImage,
  { store: { variables } }: Pick<Firmware, 'store'>,
  isSecureBoot: boolean,
): ShimStart | { readonly unknown: string } {
  if (place === undefined) return { unknown: 'what lies beside shim is not known' };
  const folder = path.slice(0, path.lastIndexOf('\\'));
  const { defaultLoader } = shim;
  const doubt =
    doubtAboutBuild(shim, isSecureBoot) ??
    doubtAboutFiles(place, path, folder, isSecureBoot) ??
    doubtAboutState(variables);
  if (doubt !== undefined || defaultLoader === undefined) {
    return { unknown: `with shim ${shim.version}, ${doubt ?? 'its second stage is in doubt'}` };
  }
  const level = sbatLevelAfterShim(shim, variables, isSecureBoot);
  if ('unknown' in level) return level;
  const lists = mokLists(shim, variables);
  const second = `${folder}\\${defaultLoader}`;
  const source = openFile(place.volume, second);
  if (source === undefined) throw new UnbootableError(`shim does not find ${second}`);
  const verifies = isSecureBoot && !isShimStateSet(variables, 'MokSBState');
  const policy = verifies
    ? {
        databases: shimDatabases(shim, variables, lists),
        sbatLevel: readSbatLevel(level.data) ?? [],
      }
    : undefined;
  return {
    next: onDisk(source, second, place),
    events: shimStateEvents(forecast, lists, variables, level.data),
    ...loadersOf(forecast, policy),
  };
}

/** A shim that verifies nothing leaves what is loaded after its second stage to the firmware. */
function loadersOf(
  forecast: Forecast,
  policy: ShimPolicy | undefined,
): Pick<ShimStart, 'load' | 'loadFurther'> {
  return {
    load: shimLoader(forecast, policy, true),
    loadFurther:
      policy === undefined
        ? firmwareLoader(forecast, undefined)
        : shimLoader(forecast, policy, false),
  };
}

function doubtAboutBuild(shim: Shim, isSecureBoot: boolean): string | undefined {
  const hasVendorKeys = shim.vendorAuthorized.length + shim.vendorDeauthorized.length > 0;
  return firstOf([
    [shim.version !== FORECAST_VERSION, `only the rules of ${FORECAST_VERSION} are forecast`],
    [shim.hasBuildCertificate, 'a certificate that was made for its build has a say'],
    [
      isSecureBoot && !hasVendorKeys,
      'which has no keys of a vendor, the firmware loads images too',
    ],
  ]);
}

function doubtAboutFiles(
  { volume }: BootVolume,
  path: string,
  folder: string,
  isSecureBoot: boolean,
): string | undefined {
  const names = (listDirectory(volume, folder) ?? []).map(({ name }) => name);
  const hasOptions = names.some((name) => name.toLowerCase() === OPTIONS);
  const trust = names.find((name) => TRUST_FILES.test(name));
  const hasFallback = REMOVABLE.test(path) && openFile(volume, FALLBACK) !== undefined;
  return firstOf([
    [hasFallback, `${FALLBACK} is started, which makes boot options`],
    [hasOptions, `${OPTIONS} names its second stage`],
    [isSecureBoot && trust !== undefined, `${trust} changes what it trusts`],
  ]);
}

function doubtAboutState(variables: readonly EfiVariable[]): string | undefined {
  const request = shimRequest(variables);
  const policy = shimStateOf(variables, 'MokPolicy');
  const requiresNx = policy?.length === 1 && ((policy[0] ?? 0) & REQUIRES_NX) !== 0;
  return firstOf([
    [request !== undefined, `${request} has it start MokManager`],
    [requiresNx, 'MokPolicy demands images whose memory is never writable and executable'],
  ]);
}

function firstOf(doubts: readonly (readonly [isThere: boolean, doubt: string])[]) {
  return doubts.find(([isThere]) => isThere)?.[1];
}
