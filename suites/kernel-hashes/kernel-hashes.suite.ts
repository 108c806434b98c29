import { judgePcr } from '../../harness/judge/judge-pcr.ts';
import { conformance } from '../conformance.ts';
import { cases, launchDigests } from './conformance.ts';
import { UNLISTED_KERNEL } from './guest-machines.ts';

cases('CVM-KH-001');
cases('CVM-KH-002');
cases('CVM-KH-003');
cases('CVM-KH-004');
cases('CVM-KH-005');
cases('CVM-KH-006');
cases('CVM-KH-007');
cases('CVM-KH-008');
cases('CVM-KH-009');
launchDigests('CVM-KH-010', 'CVM-KH-009');
cases('CVM-KH-011');

conformance(
  'CVM-KH-012',
  'a guest with an unlisted kernel measures it',
  [UNLISTED_KERNEL],
  ({ prediction, observation }) => [4, 9].flatMap((pcr) => judgePcr(pcr, prediction, observation)),
);
