import { cases, launchDigests } from './conformance.ts';

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
