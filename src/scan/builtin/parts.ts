import type { MimePart, TextPart } from '../message/index.ts';
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

/** Some HTML text has no plain form beside it (rspamd: mime_expressions.c:rspamd_has_only_html_part). */
export function hasOnlyHtml({ message }: Task): boolean {
  return message.textParts.some(
    (text) => text.isHtml && !text.isAttachment && text.alternative === undefined && !hasOtherForm(text),
  );
}

/** A text of another kind stands beside its branch of the nearest multipart/alternative. */
function hasOtherForm({ part }: TextPart): boolean {
  let branch: MimePart = part;
  let around = part.parent;
  while (around !== undefined && !(around.kind === 'multipart' && around.type.subtype === 'alternative')) {
    branch = around;
    around = around.parent;
  }
  return (
    around?.children.some((sibling) => sibling !== branch && sibling.type.isText && sibling.type.subtype !== 'html') ===
    true
  );
}

/** The decoded value of a field of a part itself; undefined where there is none. */
export function partHeader(part: MimePart, name: string): string | undefined {
  return part.headers.first(name)?.decoded;
}
