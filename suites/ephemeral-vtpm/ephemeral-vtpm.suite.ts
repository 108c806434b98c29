import { judgeDoctoredLog } from '../../harness/judge/judge-doctored-log.ts';
import { conformance } from '../conformance.ts';
import { BOOT_JUDGES } from '../measured-boot/boot-judges.ts';

/** One of each boot path of the measured boot. */
const BOOTS = ['uki', 'uki-secure-boot', 'shim-secure-boot', 'direct-kernel'];

conformance('CVM-EV-001', 'the logs are what the TPM was sent', BOOTS, BOOT_JUDGES['CVM-EV-001']);
conformance('CVM-EV-002', 'a doctored log is given away', BOOTS, ({ observation }) => [
  judgeDoctoredLog(observation),
]);
