import type { ByteString } from '../bytes.ts';
import { oleExtension } from './ole.ts';
import { headLength, headSignatures, tailSignature } from './signatures.ts';
import { type TextCandidate, textExtension } from './text.ts';
import { type DetectedType, detectedType } from './types.ts';

/** A part as far as its type depends on it. */
export interface DetectionInput extends TextCandidate {
  readonly bytes: () => Buffer;
  /** The part sits directly in a multipart/encrypted: its text is not looked at. */
  readonly encrypted: boolean;
}

const ole = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1';

/** Files up to three chunks are searched through, of longer ones two chunks at the start and one at the end. */
const chunkSize = 32_768;

/**
 * What the content of a part is, by its bytes and, where they do not tell, by its file name
 * (rspamd: lualib/lua_magic/init.lua:detect_mime_part).
 */
export function detectType(input: DetectionInput): DetectedType | undefined {
  const found = detectBinary(input);
  if (found === false) return undefined;
  if (found !== undefined) return detectedType(found);
  if (input.filename !== undefined && /.\.eml$/is.test(input.filename)) return detectedType('eml');
  const ext = input.encrypted ? undefined : textExtension(input);
  return ext === undefined ? undefined : detectedType(ext);
}

/** @returns `false` for a file that ends where its type is still to be read */
function detectBinary(input: DetectionInput): string | undefined | false {
  const { content } = input;
  const weights = new Map<string, number>();
  const add = (ext: string, weight: number) => weights.set(ext, (weights.get(ext) ?? 0) + weight);
  const { fromEnd, pattern } = tailSignature;
  if (content.length > fromEnd && content.startsWith(pattern, content.length - fromEnd))
    add(tailSignature.ext, tailSignature.weight);
  matchHead(content.slice(0, headLength), add);
  if (content.startsWith(ole)) {
    const ext = oleExtension(input.bytes());
    if (ext === false) return false;
    if (ext !== undefined) add(ext, 60);
  }
  if (Math.max(0, ...weights.values()) <= 30) searchChunks(input, add);
  const [best] = [...weights].sort(([, a], [, b]) => b - a);
  return best?.[0];
}

type Add = (ext: string, weight: number) => void;

function matchHead(head: ByteString, add: Add): void {
  for (const { ext, offset, pattern, weight } of headSignatures) {
    if (typeof pattern === 'string') {
      if (head.startsWith(pattern, offset)) add(ext, weight);
    } else {
      pattern.lastIndex = offset;
      if (pattern.test(head)) add(ext, weight);
    }
  }
}

function searchChunks(input: DetectionInput, add: Add): void {
  const { content } = input;
  if (content.length <= chunkSize * 3) {
    search(input, content, 0, add);
    return;
  }
  search(input, content.slice(0, chunkSize * 2), 0, add);
  search(input, content.slice(-chunkSize - 1, -1), content.length - chunkSize, add);
}

/** Signatures that may stand further down. Positions are those of their ends. */
function search(input: DetectionInput, chunk: ByteString, offset: number, add: Add): void {
  for (const letter of ['P', 'F']) {
    const end = endOf(chunk, `%${letter}DF-`, /%[PF]DF-[12]\.\d/y, 0) + offset;
    if (end > offset && end <= 1024)
      add('pdf', 10 + (end <= 10 ? 30 : 0) + (/\.pdf$/i.test(input.filename ?? '') ? 30 : 0));
  }
  if (/@\s*ECHO\s+OFF/i.test(chunk)) add('bat', 60);
  const cabinet = chunk.indexOf('MSCF\0\0\0\0');
  if (cabinet >= 0) add('cab', 60);
  if (offset === 0 && chunk.startsWith('ustar', 257)) add('tar', 60);
  if (chunk.indexOf('\x01CD001\x01', Math.max(0, 0x8000 - offset)) >= 0) add('iso', 60);
  if (offset === 0) searchSvg(chunk, add);
}

function endOf(chunk: ByteString, start: ByteString, pattern: RegExp, from: number): number {
  for (let at = chunk.indexOf(start, from); at >= 0; at = chunk.indexOf(start, at + 1)) {
    pattern.lastIndex = at;
    if (pattern.test(chunk)) return pattern.lastIndex;
  }
  return 0;
}

const htmlBefore = /<!doctype\s+html|<(?:html|head|body|meta)[\s>]/i;

/** An SVG element near the start, unless HTML is around it; or the document type. */
function searchSvg(chunk: ByteString, add: Add): void {
  for (const match of chunk.slice(0, 4096).matchAll(/<svg\b/gi)) {
    const end = match.index + match[0].length;
    if (end >= 5 && htmlBefore.test(chunk.slice(0, end))) continue;
    add('svg', 40);
    break;
  }
  if (/<!doctype\s+svg/i.test(chunk.slice(0, 4096))) add('svg', 40);
}
