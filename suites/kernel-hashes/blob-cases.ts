import { CMDLINE, type KernelHashesCases, LINUX, PROGRAM } from './case.ts';

/** A command line of 4 kB: Linux takes half of it, the firmware all. */
const LONG = 'cvm.word=0123456789abcdef '.repeat(160).slice(0, 4095);

const BOOTS = { requirement: 'CVM-KH-001', wanted: 'booted' } as const;
const KERNEL = { requirement: 'CVM-KH-002', wanted: 'refused' } as const;
const INITRD = { requirement: 'CVM-KH-003', wanted: 'refused' } as const;
const CMDLINES = { requirement: 'CVM-KH-004', wanted: 'refused' } as const;

/** What a table of QEMU's does with what it lists, and with anything else. */
export const BLOB_CASES: KernelHashesCases = {
  good: { ...BOOTS, what: 'a program with a command line', given: PROGRAM },
  linux: { ...BOOTS, what: 'a Linux kernel with an initrd', given: LINUX },
  'linux-alone': {
    ...BOOTS,
    what: 'a Linux kernel without initrd',
    given: { kernel: 'linux', cmdline: CMDLINE },
  },
  uki: { ...BOOTS, what: 'a UKI as kernel', given: { kernel: 'uki' } },
  'cmdline-empty': {
    ...BOOTS,
    what: 'an empty command line',
    given: { kernel: 'program', cmdline: '' },
  },
  'cmdline-none': {
    ...BOOTS,
    what: 'no command line, which is an empty one',
    given: { kernel: 'program' },
  },
  'cmdline-space': {
    ...BOOTS,
    what: 'a space at the end of the command line',
    given: { kernel: 'program', cmdline: `${CMDLINE} ` },
  },
  'cmdline-long': {
    ...BOOTS,
    what: 'a command line of 4095 bytes',
    given: { kernel: 'program', cmdline: LONG },
  },
  'cmdline-utf8': {
    ...BOOTS,
    what: 'a command line that is not ASCII',
    given: { kernel: 'program', cmdline: 'cvm.word=Grüße,日本' },
  },
  'kernel-bit': {
    ...KERNEL,
    twin: 'good',
    what: 'a kernel with one bit changed',
    given: { ...PROGRAM, kernel: 'program-bit' },
    listed: PROGRAM,
  },
  'kernel-replaced': {
    ...KERNEL,
    twin: 'good',
    what: 'another kernel',
    given: { ...PROGRAM, kernel: 'other' },
    listed: PROGRAM,
  },
  'kernel-dropped': {
    ...KERNEL,
    twin: 'good',
    what: 'no kernel where one is listed',
    given: {},
    listed: PROGRAM,
  },
  'kernel-added': {
    ...KERNEL,
    twin: 'good',
    what: 'a kernel where none is listed',
    given: PROGRAM,
    listed: { cmdline: CMDLINE },
  },
  'uki-bit': {
    ...KERNEL,
    twin: 'uki',
    what: 'a UKI with one bit changed',
    given: { kernel: 'uki-bit' },
    listed: { kernel: 'uki' },
  },
  'linux-patched': {
    ...KERNEL,
    twin: 'linux-alone',
    what: 'the hash of a kernel whose setup header QEMU has filled in',
    given: { kernel: 'linux', cmdline: CMDLINE },
    listed: { kernel: 'linux-patched', cmdline: CMDLINE },
  },

  'initrd-bit': {
    ...INITRD,
    twin: 'linux',
    what: 'an initrd with one bit changed',
    given: { ...LINUX, initrd: 'initrd-bit' },
    listed: LINUX,
  },
  'initrd-replaced': {
    ...INITRD,
    twin: 'linux',
    what: 'another initrd',
    given: { ...LINUX, initrd: 'other-initrd' },
    listed: LINUX,
  },
  'initrd-dropped': {
    ...INITRD,
    twin: 'linux',
    what: 'no initrd where one is listed',
    given: { kernel: 'linux', cmdline: CMDLINE },
    listed: LINUX,
  },
  'initrd-added': {
    ...INITRD,
    twin: 'linux',
    what: 'an initrd where none is listed',
    given: LINUX,
    listed: { kernel: 'linux', cmdline: CMDLINE },
  },

  'cmdline-bit': {
    ...CMDLINES,
    twin: 'good',
    what: 'a command line with one bit changed',
    given: { ...PROGRAM, cmdline: 'quiet cvm.word=0' },
    listed: PROGRAM,
  },
  'cmdline-replaced': {
    ...CMDLINES,
    twin: 'good',
    what: 'another command line',
    given: { ...PROGRAM, cmdline: 'init=/bin/sh' },
    listed: PROGRAM,
  },
  'cmdline-dropped': {
    ...CMDLINES,
    twin: 'good',
    what: 'no command line where one is listed',
    given: { kernel: 'program' },
    listed: PROGRAM,
  },
  'cmdline-added': {
    ...CMDLINES,
    twin: 'cmdline-none',
    what: 'a command line where none is listed',
    given: PROGRAM,
    listed: { kernel: 'program' },
  },
  'cmdline-space-added': {
    ...CMDLINES,
    twin: 'good',
    what: 'a space too many at the end of the command line',
    given: { ...PROGRAM, cmdline: `${CMDLINE} ` },
    listed: PROGRAM,
  },
  'cmdline-long-bit': {
    ...CMDLINES,
    twin: 'cmdline-long',
    what: 'the last of 4095 bytes of the command line changed',
    given: { kernel: 'program', cmdline: `${LONG.slice(0, -1)}!` },
    listed: { kernel: 'program', cmdline: LONG },
  },
  'cmdline-utf8-other': {
    ...CMDLINES,
    twin: 'cmdline-utf8',
    what: 'a letter with another accent in the command line',
    given: { kernel: 'program', cmdline: 'cvm.word=Grúße,日本' },
    listed: { kernel: 'program', cmdline: 'cvm.word=Grüße,日本' },
  },
};
