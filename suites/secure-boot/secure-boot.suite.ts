import {
  agreement,
  authorities,
  changedStore,
  forgottenWrites,
  pcr7Tells,
  policies,
  refusedKernel,
  started,
  starts,
  trials,
} from './conformance.ts';
import { judgeAddons, judgeCredentials, judgeGiven, judgeSmbios } from './start-judges.ts';

trials('CVM-SB-001');
trials('CVM-SB-002');
trials('CVM-SB-003');
trials('CVM-SB-004');
trials('CVM-SB-005');
trials('CVM-SB-006');
trials('CVM-SB-007');
agreement('CVM-SB-008');
policies('CVM-SB-009', 'leaf-in-db');
authorities('CVM-SB-010');
pcr7Tells(
  'CVM-SB-011',
  [
    { design: 'dedicated', enrolment: 'leaf-in-db' },
    { design: 'dedicated', enrolment: 'leaf-in-mok' },
  ],
  { uki: 'equal', kernel: 'differs' },
);
pcr7Tells(
  'CVM-SB-012',
  [
    { design: 'one', enrolment: 'leaf-in-db' },
    { design: 'one', enrolment: 'leaf-in-mok' },
    { design: 'one', enrolment: 'only-ca' },
    { design: 'dedicated', enrolment: 'only-ca' },
  ],
  { uki: 'equal', kernel: 'equal' },
);
started(
  'CVM-SB-013',
  'its own command line counts',
  { own: 'stub-own-command-line', none: 'stub-no-command-line', off: 'stub-without-secure-boot' },
  judgeGiven,
);
started(
  'CVM-SB-014',
  'each string is for one of them',
  { uki: 'loader-to-uki', kernel: 'loader-to-kernel', direct: 'stub-no-command-line' },
  judgeSmbios,
);
for (const start of ['loader-to-uki', 'shim-to-loader-to-uki'] as const) {
  const off = 'loader-to-uki-without-secure-boot';
  started('CVM-SB-015', 'an addon that nobody signed', { start, off }, judgeAddons);
  started(
    'CVM-SB-016',
    'credentials are measured',
    { start, without: 'stub-no-command-line' },
    judgeCredentials,
  );
}
starts('CVM-SB-017', [
  'loader-to-uki',
  'loader-to-uki-without-secure-boot',
  'loader-to-kernel',
  'shim-to-loader-to-uki',
  'stub-own-command-line',
  'stub-no-command-line',
  'stub-without-secure-boot',
]);
refusedKernel('CVM-SB-018', 'unsigned-kernel');
refusedKernel('CVM-SB-021', 'unsigned-kernel-older-firmware');
forgottenWrites('CVM-SB-019');
changedStore('CVM-SB-020');
