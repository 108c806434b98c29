import { agreement, authorities, pcr7Tells, policies, trials } from './conformance.ts';

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
