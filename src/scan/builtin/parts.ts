import type { MimePart } from '../message/index.ts';
import type { Task } from '../task.ts';

/**
 * The parts that tests of content types look at: the first one, and further ones while a multipart has been met
 * (rspamd: src/libmime/mime_expressions.c).
 */
export function walkedParts({ message }: Task): readonly MimePart[] {
  const [first] = message.parts;
  if (first === undefined) return [];
  return first.kind === 'multipart' ? message.parts : [first];
}
