import type { ByteString, Message, MessageHeader } from '../../message/index.ts';
import { canonicalField } from './canonical.ts';
import { maxArcSets } from './signature.ts';

const names = ['ARC-Authentication-Results', 'ARC-Message-Signature', 'ARC-Seal'];

/** By instance and by name. */
type Sets = ReadonlyArray<readonly ByteString[]>;

/** Every seal covers the sets before it: they are read once. */
const known = new WeakMap<Message, Sets>();

/** The fields of the first sets of a chain, in the order and the form in which they are sealed (RFC 8617, 5.1.1). */
export function fieldsOfSets(message: Message, count: number): ByteString[] {
  let sets = known.get(message);
  if (sets === undefined) {
    sets = readSets(message);
    known.set(message, sets);
  }
  return sets.slice(0, count).flat();
}

function readSets({ headers }: Message): Sets {
  const sets: Array<Array<MessageHeader | undefined>> = Array.from({ length: maxArcSets }, () => []);
  for (const [at, name] of names.entries())
    for (const field of headers.getAll(name)) {
      const set = sets[Number(/(?:^|;)\s*i\s*=\s*(\d{1,3})\s*(?:;|$)/.exec(field.value)?.[1] ?? '0') - 1];
      if (set !== undefined) set[at] = field;
    }
  return sets.map((set) => set.flatMap((field) => (field === undefined ? [] : [canonicalField(field.raw, 'relaxed')])));
}
