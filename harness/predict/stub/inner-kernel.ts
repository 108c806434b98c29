import type { ByteSource } from '../../bytes/source.ts';
import { authenticodeDigests } from '../../formats/authenticode.ts';
import { measuredSections, type StubChoice } from '../../formats/measured-sections.ts';
import { readPe } from '../../formats/pe.ts';
import { sectionSource } from '../../formats/section-source.ts';
import type { Uki } from '../../formats/uki.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { imageEvent } from '../firmware/boot-manager.ts';
import type { Forecast } from '../prediction.ts';

/** The stubs that start the kernel through the firmware's LoadImage(), by version. */
const FIRST_WITH_LOAD_IMAGE = 252;
const LAST_WITH_LOAD_IMAGE = 257;

/**
 * Forecasts what the firmware measures when systemd-stub starts the kernel inside of a UKI. Stubs
 * before v252 and from v258 on do without the firmware. With Secure Boot on, the stub puts itself
 * before the firmware's security handlers, and so before the measurement. Where shim 16.1 stands in
 * for LoadImage(), it knows the section of a UKI that it has verified, and measures it no second time.
 *
 * @param forecast which banks
 * @param image the UKI
 * @param choice the profile that is booted
 * @param isSecureBoot whether Secure Boot is on
 * @throws FormatError where the kernel is no PE image
 * @see systemd src/boot/linux.c (load_image), by tag; shim 16.1, pe.c (validate_cached_section)
 */
export function innerKernelEvents(
  { banks }: Forecast,
  { source, uki }: { readonly source: ByteSource; readonly uki: Uki },
  choice: StubChoice,
  isSecureBoot: boolean,
): readonly ExpectedEvent[] {
  const linux = measuredSections(uki, choice).find(({ name }) => name === '.linux');
  const version = uki.stub?.version ?? Number.POSITIVE_INFINITY;
  const isLoaded = version >= FIRST_WITH_LOAD_IMAGE && version <= LAST_WITH_LOAD_IMAGE;
  if (linux === undefined || !isLoaded || isSecureBoot) return [];
  const kernel = sectionSource(source, linux.section);
  return [
    imageEvent(
      { banks },
      {
        kind: 'application',
        authenticode: authenticodeDigests(kernel, readPe(kernel), banks),
        description: 'the kernel inside of the UKI',
        authorities: [],
        fromGptDisk: false,
      },
    ),
  ];
}
