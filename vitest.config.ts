import { defineConfig } from 'vitest/config';

/**
 * A unit test hangs only where something is broken; on two cores that do other work, one that starts
 * processes takes ten times as long as alone.
 */
const UNIT_TEST_MS = 60_000;

/** VM tests boot real machines and take their time; the harness's own deadlines end them earlier. */
const VM_TEST_MS = 600_000;

const VM_TESTS = '**/*.vm.test.ts';

export default defineConfig({
  cacheDir: '.cache/vite',
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{harness,suites,scripts}/**/*.test.ts'],
          exclude: [VM_TESTS],
          testTimeout: UNIT_TEST_MS,
          hookTimeout: UNIT_TEST_MS,
        },
      },
      {
        test: {
          name: 'vm',
          include: [VM_TESTS],
          exclude: ['node_modules/**', '.cache/**', 'results/**'],
          fileParallelism: false,
          testTimeout: VM_TEST_MS,
          hookTimeout: VM_TEST_MS,
        },
      },
    ],
  },
});
