import { bodyOf, meaning, packetOf } from './packets.ts';
import { byteForByte, type Compare } from './replay.ts';
import { splitHttp } from './scanner-double.ts';

/** Same meaning: blanks, line ends and the size of body packets are free, order and letters are not. */
export const sameMeaning: Compare = (expected, got) => {
  if (expected.equals(got)) return [];
  if (expected.toString('latin1', 0, 5) === 'HTTP/') return sameHttp(expected, got);
  const [wanted, given] = [packets(expected), packets(got)];
  const words = (all: ReturnType<typeof packets>): string[] =>
    all.map(meaning).filter((word, at, list) => word !== 'b' || list[at - 1] !== 'b');
  if (JSON.stringify(words(wanted)) === JSON.stringify(words(given)) && bodyOf(wanted).equals(bodyOf(given))) return [];
  return byteForByte(expected, got);
};

function packets(bytes: Buffer): ReturnType<typeof packetOf>[] {
  const found: ReturnType<typeof packetOf>[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    found.push(packetOf(bytes.subarray(at, end)));
    at = end;
  }
  return found;
}

/** Status, type and body of an HTTP answer; a body may end in stray NUL bytes. */
function sameHttp(expected: Buffer, got: Buffer): string[] {
  const [wanted, given] = [splitHttp(expected), splitHttp(got)];
  const facts = ({ startLine, headers, body }: typeof wanted): string[] => [
    startLine,
    `${headers.get('Content-Type')}`,
    `${headers.get('Content-Length')}`,
    body.toString('latin1').replace(/\0+$/, ''),
  ];
  if (JSON.stringify(facts(wanted)) === JSON.stringify(facts(given))) return [];
  return [`expected ${JSON.stringify(facts(wanted))}, got ${JSON.stringify(facts(given))}`];
}
