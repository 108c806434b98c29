import { defineConfig } from 'vitest/config';

/** The tests of rooms that are pure: nothing that they run acts on the world, however it is mutated. */
export default defineConfig({
  cacheDir: '.cache/vite',
  test: {
    include: [
      'harness/{bytes,formats,measure,predict,sev,verity,tpm,evidence,explain,judge}/**/*.test.ts',
    ],
    exclude: ['**/*.vm.test.ts', '**/*.fixtures.test.ts'],
  },
});
