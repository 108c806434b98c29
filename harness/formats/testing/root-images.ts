import { brotliDecompressSync } from 'node:zlib';
import { type ByteSource, bytesSource } from '../../bytes/source.ts';

/**
 * Images that mkfs.erofs 1.8.6 (`-zlz4`) and mke2fs 1.47.0 (blocks of 1 KiB) made of one folder: a
 * machine id, a link from /etc/os-release to /usr/lib/os-release, 30 empty files beside that, and /big,
 * which holds 20000 times `a`. Kept as Brotli.
 */
const IMAGES = {
  erofs: [
    'E/8fAC4LeMPp5D1ZE7KSwbSsf/112+NC5bB0CIkHYj/c+zJTTa7ZFNPhCaqGAokEobCMhMJ1rxCKdgAASHQo2tXeXUXQTO',
    'IJhBBJzL28wuZ4JXXb4GItuOb6DktbrFcJWhX6D/8f983aX+v2gP58knuIA22nwPMNA1w2zcI0gowSKMKAE2tiT9m5uZxK',
    'lEzNPr651U+db99v+YuQrl4jwOlWAEIAfB4/5EsW7X93N1ktACDA/wX3Y/xcaQ7wHw7FetMhYT8+bM3BqEBrMCHUmZju8k',
    'Xqaeje5ntugccm4tVR9YoAAUIAQADZ0UJYbaI6M8EeQjWLG2vNdNfosZ54n/VXhyV1OfL1FTW1x6Ouk3U0DF0rHqwzU1+j',
    'wQYnTVpdsk71GiONdmvolTdycB+tbVwX9nHl05pV0vguatnbGqmLQxkAsv95Ad54dmen+Z7brFNtFBmfgb9L3rHB7GOsM/',
    'sE284+w3b+KK9hF/AB9gBfYB/wGxwACkMOAT0hR4ClkGPAmZAzgIfiLOCFOAd4K84DPokLgF/iIiAlClwC1EdcBoxGXAGs',
    'R1wFnERcAzw31wFvzA3AR3MT8NWcAP4YtwBFMbcBvTF3AMsxdwFnY+4BHoX7gJfhAeA0dHbqSvXT2qkMM1WV+ktyP8NcqW',
    'DtsAiRohO9GIqRGIuJlp6IIkKECBEiRIgQIUKkSJEiRYoUKVLkuUz9fwk82twCyXNICkklaSSdZJBMkkWySQ7JJXkknxSQ',
    'QlJEikkJKSVlpJxUkEpSRapJDakldaTeG7B4NzkDZeaM+any8aIf7gFATeer9oL+R+p7rQI=',
  ],
  ext4: [
    'U///AeBqwDZGon80FePKOxuj/KoNH7PBuAigtXR2NwwsfGJfuKgoFTaiwMKRr2XV+gOBuQ1a36ieuvm/DX5jS6jr/NvjPM',
    '48tjiIdPM0yhN+rDqLqy7UEnlpvfs8x0xXZdPZaIIVVB8XDdLlAx+XVgLN57t6flTEJ3As3XYH0iBw78Cita1tE8FfQhGR',
    'aaZi4B3nFlZ2CzcA2EMVBADogi5sAa5zMIcsSwfhGB8UoDR8+wzBp0gO33uHnwvy7o8vuOXDHFW7j3FoS1na1hStdemJFx',
    'CQh1XuCq4e3gKXUAu9sKeKkZeZW/GkZBzuOvXNj3kRyoSoYZ8QA76iFHXCOH6REgMQSwFlKJNCvhtQToFYfQWoYrzBN/HX',
    '2b9EWzTsVFoHsP6nLZo82X6hbdTd/t3jDwB3kvtlRP5vYwMZTnNnADxawRo4otthCU34dxt5z4CbL5KLzEv+BXmuDsijd+',
    'XkxWkJAACa8MM2ptpA+kZNd30Z8lH8fNN1gePxMus0gyHh9DMxohoiKlEH1ZAwi1gbuCr7i7zrF0AZUN+tPh30i7Ane6C+',
    'lZaZmHj+s5tx52Y5apFrGzHrfwcgyaFgiWKL9I3y7vqIZVQ830DaqysmYc+BFQAAwyiaAyL31d0cAIA54Du66zQ7AOAyOs',
    'oE6KXcBhBKRSYYGcZU3RyV+JZK+E/gW5kFZKtT/8+8cKWlFF5l3T6C1/wUUVVpteQaeOeFXqraAK9droYfKaFx52ytrgPo',
    'VQtDDfSpgr/rPVbK6Mi88rdFkUlldOS0KSdCdB6mxJiRYE6KBRmW5FhRYE2JDRW0qA1TocGUFjM6zOmxYMCSESsmrJmxYY',
    'EWq2EmbJiyY8aBOScWXFhyr2LxQ5sw9N37G7/GaM0rNw8fvMBHm0tbbswf7yXG0W5r7urvTh8EEA==',
  ],
} as const;

/** UUID and label that the images were made with. */
export const ROOT_IMAGE_UUID = 'df23e40a-d119-4b30-b672-8b5af5099e5a';
export const ROOT_IMAGE_LABEL = 'a:b';

/** A root file system in some kilobytes. */
export function rootImage(type: keyof typeof IMAGES): ByteSource {
  return bytesSource(
    `${type}.img`,
    brotliDecompressSync(Buffer.from(IMAGES[type].join(''), 'base64')),
  );
}
