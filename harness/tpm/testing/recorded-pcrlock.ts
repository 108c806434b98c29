/**
 * The policy that `systemd-pcrlock make-policy` 257 wrote for made events on swtpm 0.7.1, of two values of
 * PCR 4 and PCR 11, and one of PCR 7; without the parts that only systemd-pcrlock needs.
 */
export const PCRLOCK_FILE = {
  pcrBank: 'sha256',
  pcrValues: [
    {
      pcr: 4,
      values: [
        '1c1b0906682e7fe6b7c004872b15030e8be104dbff6f5da39cff78e35d164d09',
        '0c6c527c13451fd73e0cf05e0ec5e321116408c31ad5b5f33ca91a687555be38',
      ],
    },
    {
      pcr: 7,
      values: ['24faaa08f7051125cf178bb6ace3fdc1180fd6b1bd31c4e964c5ecc96f10899d'],
    },
    {
      pcr: 11,
      values: [
        'af878dd304bed4970d67d652f00eee108b196da9d04b69b6d153696a169d1426',
        'ddf3a7023ee5f1bb16a2866c7a8cb1f721ba3f898cd1a70b4ee7f5f1575adb14',
      ],
    },
  ],
  nvIndex: 28_356_745,
  nvPublic: 'AC4BsLCJAAsAAhAIACDRoh4Zegp5IHwfJabWyLu8dPP/UsLXkMU78CA6LPnDtQAi',
};
