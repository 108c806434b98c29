import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQmpMessage } from './qmp-message.ts';

// The messages are those of QEMU's "QEMU Machine Protocol Specification".
describe('QMP messages', () => {
  it('are told apart', () => {
    expect(
      parseQmpMessage(
        '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 3}, "package": "v3.0.0"}, "capabilities": ["oob"]}}',
      ),
    ).toEqual({ kind: 'greeting' });
    expect(parseQmpMessage('{ "return": {}, "id": "x" }')).toEqual({
      kind: 'return',
      id: 'x',
      value: {},
    });
    expect(
      parseQmpMessage('{ "error": { "class": "GenericError", "desc": "Invalid JSON syntax" } }'),
    ).toEqual({ kind: 'error', id: undefined, description: 'GenericError: Invalid JSON syntax' });
    expect(
      parseQmpMessage(
        '{ "timestamp": { "seconds": 1258551470, "microseconds": 802384 }, "event": "POWERDOWN" }',
      ),
    ).toEqual({ kind: 'event', name: 'POWERDOWN', data: {} });
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"return": {}}',
    '{"id": "x"}',
    '{"return": {}, "id": 7}',
    '{"event": 7}',
    '{"event": "STOP", "data": []}',
    '{"error": "no"}',
    `${'['.repeat(100_000)}`,
  ])('are nothing else: %.40s', (line) => {
    expect(parseQmpMessage(line)).toBeUndefined();
  });

  it('cannot reach the prototype of anything', () => {
    const line = '{"event": "X", "data": {"__proto__": {"polluted": true}}, "__proto__": {"a": 1}}';
    const message = parseQmpMessage(line);
    expect(message).toMatchObject({ kind: 'event', name: 'X' });
    expect(Object.keys(message ?? {})).toEqual(['kind', 'name', 'data']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(message !== undefined && 'data' in message && message.data['polluted']).toBeFalsy();
  });

  it('or not, never throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseQmpMessage(text)));
    fc.assert(fc.property(fc.json(), (text) => void parseQmpMessage(text)));
  });
});
