import { z } from 'zod';

/** What QEMU sends (QEMU Machine Protocol Specification, "Protocol Specification"). */
export type QmpMessage =
  | { readonly kind: 'greeting' }
  | { readonly kind: 'return'; readonly id: string; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: string | undefined; readonly description: string }
  | ({ readonly kind: 'event' } & QmpEvent);

/** An event, with QEMU's name for it. */
export type QmpEvent = { readonly name: string; readonly data: Readonly<Record<string, unknown>> };

const Greeting = z.object({ QMP: z.object({ version: z.unknown() }) });
const Return = z.object({ id: z.string(), return: z.unknown() });
const Failure = z.object({
  id: z.string().optional(),
  error: z.object({ class: z.string(), desc: z.string() }),
});
const Event = z.object({
  event: z.string(),
  data: z.record(z.string(), z.unknown()).default({}),
});

const Message = z.union([
  Greeting.transform((): QmpMessage => ({ kind: 'greeting' })),
  Event.transform(({ event, data }): QmpMessage => ({ kind: 'event', name: event, data })),
  Failure.transform(
    ({ id, error }): QmpMessage => ({
      kind: 'error',
      id,
      description: `${error.class}: ${error.desc}`,
    }),
  ),
  Return.transform((reply): QmpMessage => ({ kind: 'return', id: reply.id, value: reply.return })),
]);

/**
 * Reads one line of the protocol.
 *
 * @returns the message, or `undefined` where the line is none
 */
export function parseQmpMessage(line: string): QmpMessage | undefined {
  try {
    return Message.safeParse(JSON.parse(line)).data;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
