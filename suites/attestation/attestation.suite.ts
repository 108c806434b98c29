import { attested, onSnpHost } from './conformance.ts';
import { vouchedAk } from './snp-attestation.ts';
import {
  judgeChangedPcr,
  judgeCredentials,
  judgeDamage,
  judgeEkCertificate,
  judgeEventLog,
  judgeFreeKey,
  judgeGenuineQuotes,
  judgeNonces,
  judgeOtherKeys,
  judgeSelection,
} from './verdicts.ts';

const machines = ['uki'];

attested('CVM-AT-001', 'the EK certificate leads to the authority', machines, judgeEkCertificate);
attested('CVM-AT-002', 'the AK is bound to the EK', machines, judgeCredentials);
attested('CVM-AT-003', 'a quote verifies against the forecast', machines, judgeGenuineQuotes);
attested('CVM-AT-004', 'a quote with another nonce is refused', machines, judgeNonces);
attested('CVM-AT-005', 'a quote by another AK is refused', machines, judgeOtherKeys);
attested('CVM-AT-006', 'a quote after a PCR was extended is refused', machines, judgeChangedPcr);
attested('CVM-AT-007', 'a quote over fewer PCRs is refused', machines, judgeSelection);
attested('CVM-AT-008', 'a log that replays to other values is refused', machines, judgeEventLog);
attested('CVM-AT-009', 'a key that signs anything is refused', machines, judgeFreeKey);
attested('CVM-AT-010', 'no damaged structure is accepted', machines, judgeDamage);

onSnpHost('CVM-AT-011', 'the report vouches for the AK', vouchedAk);
