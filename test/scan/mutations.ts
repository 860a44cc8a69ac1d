import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, sharedFolder } from '../support/project.ts';

/** Numbers from 0 to 1, the same for the same seed (xorshift32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Whole messages, none of them large. */
export function seeds(): Buffer[] {
  const folders = [
    join(projectRoot, 'fixtures/messages'),
    ...(sharedFolder === undefined ? [] : [join(sharedFolder, 'corpus/scan/messages')]),
  ];
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  return files.map((file) => readFileSync(file)).filter(({ length }) => length < 50_000);
}

/** Parts of messages that mean something wherever they come to stand. */
const pieces = [
  ...'\r\n|\n|\r\n\r\n|--b\r\n|--b--\r\n|=?utf-8?b?|?=|=?iso-2022-jp?q?|<|>|<a href="|<style>|</|<!--|-->|&#|&lt;|"|(|)|;|: '.split(
    '|',
  ),
  ...'http://|www.|mailto:|@|%00|\\|//|=\r\n|=00|\0|\xff|\xc3|\xe2\x80\x8b|\xe2\x80\xae|begin 644 x\r\n|PK\x03\x04'.split(
    '|',
  ),
  'Content-Type: multipart/mixed; boundary=b\r\n',
  'Content-Type: text/html; charset=utf-16\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  'Received: from a (b [1.2.3.4]) by c with ESMTPS; Mon, 1 Jan 2024 00:00:00 +0000\r\n',
];

/** Some changes in a few places. */
export function mutate(seed: Buffer, random: () => number): Buffer {
  let bytes = seed.toString('latin1');
  const place = () => Math.floor(random() * (bytes.length + 1));
  for (let times = 1 + Math.floor(random() * 6); times > 0; times--) {
    const [from, to] = [place(), place()].sort((a, b) => a - b) as [number, number];
    const kind = random();
    if (kind < 0.35) bytes = bytes.slice(0, from) + pieces[Math.floor(random() * pieces.length)] + bytes.slice(from);
    else if (kind < 0.6) bytes = bytes.slice(0, from) + String.fromCharCode(random() * 256) + bytes.slice(from + 1);
    else if (kind < 0.75) bytes = bytes.slice(0, from) + bytes.slice(from + Math.floor(random() * 40));
    else if (kind < 0.85) bytes = bytes.slice(0, to) + bytes.slice(from, from + 200) + bytes.slice(to);
    else if (kind < 0.95) bytes = bytes.slice(0, from);
    else bytes = bytes.slice(from);
  }
  return Buffer.from(bytes, 'latin1');
}
