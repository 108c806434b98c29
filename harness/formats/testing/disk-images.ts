import { brotliDecompressSync } from 'node:zlib';
import { type ByteSource, bytesSource } from '../../bytes/source.ts';

/**
 * Images that mkfs.vfat 4.2 and mtools 4.0.48 made: directories and files with short and long names,
 * `/EFI/BOOT/BOOTX64.EFI` of 70000 bytes in three pieces, `/empty.txt`. Kept as Brotli.
 */
const FAT_IMAGES = {
  12: [
    'n/9/FiCuBmxjOtKBrDaorTRGwRiDHG1ODfBrvcfMqv0+++0+OuY5AFaAtB/xiAKskHQqwkXoCMeoIvN5gL/cu9NVmz9Q',
    'i8OAAt4TM040DnwCBZL/cWqy/8vkCZgL0DwfuLtxgiygpd3AtWJBetWC1/1zYUcTjTDCROYRJjDe+4QBHuTaOO63NQzd',
    'VLXEQP5/TMz/NU+v8d5/foJniwSfTrDTI9quAEcw0BI6wwmVYSbgQEfiU9FtDXrimaK2kB/d43xqCVZZxAaYFInfSpK/',
    'UMaQM0svsw3xPb0DVOjtmK6tw2Kjc/7t6tl9b6izv3n+waPY/7Gd74v6J+3/fwOWW+wrM7vO/PZKPvKbdeDiUEZaXF6f',
    'b/eFDSJR4V42SXyXnOZKy4aXNgK7CzvOqtxJnAue0DO39UcdIwDkCjyBSk/Uk4ko7pWkJEspk6yyGSd5r8FyyfLFCs2K',
    'w5WWKz/mjwXgteT14o3mzeFby7cfD8djyB2UuyT3WO4LA2XoyEYBZYLKlJQZK3PRQrV06k0DqIKqUarZqjW2187zfF5C',
    '81MLStu0tp3sNvuX9bKFfop0RnTOdCF0qXTlaDc6AFeJ68JN43Zwtwh9cRseUEImddBNANgExD6uq16Hp89FWbLW8lPq',
    'YwGl+bsCK9oYAPhZD1ao66hi+YxukPH0/DSlPn4mAFBQVUF4F99QVQ2gML8DtQwoH+hawgwIwfC4/0EJjespNtgQQSQF',
    'xsXLw4oAHoIkQEzsAmoNhozRBq+AXQDZ1tEbmOzpOqp1wmcrA+IHAX04yZLzTQ20q5hHfrRUbEoSIpGiv5zrWcEyimv5',
    'jaODJsTFjCLpYINZQFAVwMiLe2FB3LyqtGNG04TZAuBBGGHbZMIEEIhWD8EN9HHSSwt/TPwjYOBbq5nHBkwo5nUv/73T',
    '39R2jY0Oot/c/XqpsfhBQB8FRfJTP+2b/pqDWD0VVV29FO11aCT8SXt9IN4I7Q1o6iZfOCbhj9gBgPD6mKBnDbBeep/7',
    'cAiHpwEA1jEgcqwLHGIHAKKtw+rZwUMAgHUMKBzrAoeQeID6cwJcG8TruR88BABYjwB8CgA=',
  ],
  16: [
    'n///PyAuC2w3egjkKKPIbiyaLFuyHIOn0F7+9/u1g5hfzNYdMXkr5iVDaAy1mjTq5wH+WL47ytD7QLcoLh5uFpnA04HO',
    'yiL5fIWzKNrUuf+25XnZxMcSWYJjnH26jQHXVltn0DX7i//5v+bpNd77xkcJfjrBTo9ouwIcwUBL6HwoozLMBBzoSHxL',
    '7Yb0zCckzPpLc3jWGeM5WRyVkYioqPAfkEoAAECZs3Uq6VxZ3aAmv2o8Fsposa3Va3vP9ib7zqULrt4+8PXT/Falzvsb',
    'sFxsX5nJdKa3V/KS3SyBSyZkqNMfCoczL2wQbklY2YixDPkcvaZ4iOLRzMKOg9c4SMwFD0Unx/+/fmcDwMXEJSQVtMjI',
    'yunA6br16NVn1IBBQ4aN4Axk3IRJU6bNmDVn3oJFS5bx8AkIiYhJSMnIKSipqGlo6egZGJmYWaxYtWbdhk1btu3YtWff',
    'gUNHjp04debchUtXrt24deceY2Vj5+Dk4ubh5eMXEBQSFhEVE5eQlJKWkZWTV1BUUubxBUKRWCKVyRVKlVqj1ekNRpPZ',
    'YrXZidPl9ngJAAfdG4BLAEif66C2nqcT/R3LoLKQ2nagpmP9hizUUgmAn3VsIWZ9Uw0AfqMJZHh8fkz9j58bALQUL6if',
    '4j8Qr0YoTP9AlR6t6jPPwwHgSCx74ADAjULT4twIg7qIX0iQCwGCmIphxM4jCmvgYBMXEpUBkBRjz8bhirkoNMJnW420',
    'BwEhVWRl4lwmoUtFKOCPVq2lfAXWiMKrsysLcEZxjr9RpJkM8XMQomtNnENUDA9gE1K1yIkEhKC4woHShOkMEEQqg5Rk',
    'wkggYM1BTACEj6p4xR/yD8GYj3lzCIoDojIeeh+7j9wDoXlvN4h+c4/gSxbag4CQGhT5l8PONSGbnJjZj9Y6V5FbhDbD',
    'L9xif6cS3BK0f5Nv7Un4I3YAoHE4yuhbA1hevU/+cQgOTwMAoo4BbF8XOMQOAPDWYfXs4CEAIOoY0NrXBQ4h8QDD5wR0',
    'bWCv537wEAAQ9QjA7wEB',
  ],
  32: [
    'z///fyCeBXbjS1AgtIXGaaZtcaNZ8Y8H/v37/B3IJ9KAEXQHciR3Lcvkw9Vf6R4P+be3D+0vaGHZmRRQnFApZllbEh9R',
    '1jwe3m7vPrVFgZ0mYUBx4LeFd7eWFHKWVRbAA6dL93nG0bYCf5TgPyDn2/l2vocfLI/KPyYeSMDnGd4LGGik6QA3xitC',
    'm1H6c9el4sKcyricqEr7dkHAT4IB6JsMAbRHOw0AaDM/O1L6TytWB9M9L96WnMSL7cbctU3vxt167Dh7X11k3/XP/5K+',
    'pxzff+OWItqPJmhywTNbUkd7iwa8uELq5hSVlpXVP5kDY6/unYMPU30ozI6JH7u9saJ+QUgWZ8qimAsXfjO3v1u2RItR',
    'YxXX4qhvj3aOQWCb2ff32/FO9CoA8PHefKGD7gcA3D9jsT4xS5wYD64wkXujD/qiH/qjlPbDMQIjMQqj6b8dMBbjMB4T',
    'MBGTMBlTMBXTMB0zMBNxiEcCEpGEZKQgFWlIxyzMxhzMxTzMxwIsxCIsxhIsxTIsxwqsxCqsxhqsxTqsxwZsxCZsxhZs',
    'xTZsxw7sxC7sxh7sxT7sxwEcxCFEyEAmspCNHOQiD/koQCGKUIwSlKIM5ahAJapQjRrUog71aEAjmtCMFrSiDYdxBEdx',
    'DMdxAidxCqdxBmdxDudxARdxCZdxBVdxDddxAzdxC7dxB3dxD/fxAA/xCI/xBE/xDM/xAi8Hk/av8QZv8Q7vcz0CSgiE',
    'B90Tgp8AjFjZ/cSz8uYr2RkRJdZCIZ49ndL3/SzigA5AWAMUMbFCnYViFBuNd9m1LQzdAj36wOLjcvTiguIWhghkoDb6',
    'UMeopU02YiFrH08MJ9asfb4qeYICQwVVqRK5AkpE2kWCQ74KWoNsmaqUqlCP4LZ4W71l+dKWxEb4bDvh1AcBZjpiHSy7',
    '0lJiUpEPP1pjnFM7SopgvpNzeZczilN8zTomWWVVtkKGqlIlW4VKcchUqkOpHEFTSu4K2YLXKk+EEkFYwsmEQMGDMmAX',
    'KUa2IH1T4l+Z/iePLL8LPKAEMq47+6elt5e1JC7duGEQ/eZe+Uc19UGAmc4Qy48ti1dOfwWdmDgU6iJfUQh1EtQL+EGd',
    'rB1QCeoUaNhGH6ojUeNGJHXz5QfhsObwNABQlBIO/BsAqwCSU7geIQkBbfLRUA79AwAvAdtB978e/P//h38CIA4LAHTv',
    '//P//wP/BEAcFgHo3n8A',
  ],
} as const;

/**
 * A 1 MiB disk that sfdisk 2.41 made: two partitions, the second with attribute bit 60. Kept as Brotli.
 */
const GPT_DISK = [
  'X///D/dZkJPxpsKDYLvmFCXi71qpnRuhkvPAcyz/skCrQEdVdDa9u1lr9fPxeKNp1/OI0CgC2/2IRjAejSDiiDtPPOBS',
  'ZIYoD5DQnx5Q1jzwiDIp9MCCJLeAYjry5XjAC/jBCbdKYj3JQaT4PHlKkd7+9Qb+8cBUeUX1Y50SoQnjz11LEAGckBnP',
  '4oAMceqyQI4E9OZ57TQf9k+f31G4kh8vY3ZM7pTu1JT53Nz+/unpG+aTYZYFdWj1hT3sw/V8c+PBM/UT99+7n4M3YXVW',
  'xNnvBxFZHR6bPnhvBuwBAOntWrToVOJj694ADM+9HL7/yvs20pLhHxABF+4c',
];

/**
 * A volume as mkfs.vfat makes it.
 *
 * @param bits size of the entries of its table
 */
export function fatImage(bits: keyof typeof FAT_IMAGES): ByteSource {
  return bytesSource(`fat${bits}.img`, fatImageBytes(bits));
}

/** The bytes of {@link fatImage}. */
export function fatImageBytes(bits: keyof typeof FAT_IMAGES): Uint8Array {
  return brotliDecompressSync(Buffer.from(FAT_IMAGES[bits].join(''), 'base64'));
}

/** A disk as sfdisk makes it. */
export function gptDiskBytes(): Uint8Array {
  return brotliDecompressSync(Buffer.from(GPT_DISK.join(''), 'base64'));
}
