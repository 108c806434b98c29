import { X509Certificate } from 'node:crypto';
import { sized, u16, u32 } from '../marshal.ts';

// What swtpm_setup 0.7.1 made with swtpm_localca, under an authority that OpenSSL made.
const CERTIFICATE = [
  'MIICwjCCAmmgAwIBAgIBAjAKBggqhkjOPQQDAjAsMSowKAYDVQQDDCFjdm0tY29uZm9ybWFuY2UgdlRQTSBtYW51Zm',
  'FjdHVyZXIwIBcNMjYxMTI3MTMyMDIwWhgPOTk5OTEyMzEyMzU5NTlaMA4xDDAKBgNVBAMTA3VraTCCASIwDQYJKoZI',
  'hvcNAQEBBQADggEPADCCAQoCggEBAKZgb6ma+Kk7tF1J13C7k/N6yh72NpF/zrioIeGAxall7mw4l1c1IzSmfdPo6/',
  'DY7LizknPTNwMDT+Y/8f7ZA1/QYtgi3eAVILRgHjgSdmOPYP0wpfLW5OevCLYr/D75vX99JzvQCg//JfrbIBIKktya',
  'b6gPMGPtppjmmfaQerK209sUrqavc6EYjxX8IxQt4E+e1St7KZG+dRX4XQahDC1+kbh7iGs0RFAzV2vtKeNWs2ea2b',
  'zsCnd5BGhlR83dqmbtlbzID108hpR66q8URceFdDxIikMbcDLmmteNU5qRT9CrwIdhze+Hr9XuZOs6G5j0gMBdq9Wt',
  'IqAIgQSxuWkCAwEAAaOBzDCByTAQBgNVHSUECTAHBgVngQUIATBSBgNVHREBAf8ESDBGpEQwQjEWMBQGBWeBBQIBDA',
  'tpZDowMDAwMTAxNDEQMA4GBWeBBQICDAVzd3RwbTEWMBQGBWeBBQIDDAtpZDoyMDE5MTAyMzAMBgNVHRMBAf8EAjAA',
  'MCIGA1UdCQQbMBkwFwYFZ4EFAhAxDjAMDAMyLjACAQACAgCkMB8GA1UdIwQYMBaAFBuG/cjRmfRiyigyyQIITkj9i+',
  'qoMA4GA1UdDwEB/wQEAwIFIDAKBggqhkjOPQQDAgNHADBEAiBz7dG+r3qMsO7lrBr1fhqbKCDmSTj/VpH+U3HUheo7',
  'JQIgVuVzB1/s72ND32peLJuxvKzccP/hx8GsQxz30TfiG5k=',
].join('');

const AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUKgAwIBAgIUBKpzZ84zaTl9nuKlj9x0meb9GAgwCgYIKoZIzj0EAwIw
LDEqMCgGA1UEAwwhY3ZtLWNvbmZvcm1hbmNlIHZUUE0gbWFudWZhY3R1cmVyMB4X
DTI2MTEyNzEzMjAyMFoXDTM2MTEyNDEzMjAyMFowLDEqMCgGA1UEAwwhY3ZtLWNv
bmZvcm1hbmNlIHZUUE0gbWFudWZhY3R1cmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEcQmY9CLMA6eUAFbVXN/GozkVcdMX8JcqZD0q6wXJ9bj7i1AH7FXnq1oP
szRZ/9Ii0zwj/hyKMZnBNKq3/fGQVKNCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNV
HQ8BAf8EBAMCAQYwHQYDVR0OBBYEFBuG/cjRmfRiyigyyQIITkj9i+qoMAoGCCqG
SM49BAMCA0gAMEUCIALTE7UbOnq1kXrvlxa8lEz6xzjUg5PSrl9H+G8pffSuAiEA
4Z8EKy0dlUiykRR/8X2PuU7TWyiWtcHXcphV5kyj3W4=
-----END CERTIFICATE-----`;

/** An EK certificate, DER. */
export const EK_CERTIFICATE: Uint8Array = Buffer.from(CERTIFICATE, 'base64');

/** The certificate of its authority. */
export const EK_AUTHORITY = new X509Certificate(AUTHORITY);

/** A day on which both are valid. */
export const EK_DAY = new Date('2030-01-01');

/** PolicyA of the TCG EK Credential Profile 2.6, B.6.2. */
const POLICY_A = '837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa';

/** The TPMT_PUBLIC of its key by the default template (B.3.3), with attributes of one's own. */
export function ekArea(attributes = 0x0003_00b2): Uint8Array {
  const { n = '' } = new X509Certificate(EK_CERTIFICATE).publicKey.export({ format: 'jwk' });
  return Buffer.concat([
    ...[u16(0x0001), u16(0x000b), u32(attributes), sized(Buffer.from(POLICY_A, 'hex'))],
    ...[u16(0x0006), u16(128), u16(0x0043), u16(0x0010), u16(2048), u32(0)],
    sized(Buffer.from(n, 'base64url')),
  ]);
}
