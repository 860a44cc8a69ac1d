import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { request } from 'undici';
import { type Knowledge, loadKnowledge, Message, toText } from '../../../../src/scan/message/index.ts';
import { projectRoot, sharedFolder } from '../../../support/project.ts';
import { noRspamd, scannerSections, startRspamd } from '../../../support/rspamd.ts';
import { featureRule } from './rule.ts';
import { samples } from './samples.ts';

const features = ['parts', 'kinds', 'texts', 'urls', 'fields', 'hops'] as const;
type Features = Readonly<Record<(typeof features)[number], readonly string[]>>;

/**
 * Of all messages, for each feature, so many must look alike. What is left is what changed between Debian's release and
 * the one that we follow: the charset of bytes that nobody declared, some URLs of style sheets, short words.
 */
const alike = 0.96;

test('messages look to us as they look to Rspamd', { timeout: 240_000, skip: noRspamd }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rspamd-proxy-features-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'seen');
  await writeFile(join(folder, 'rule.lua'), featureRule(file));
  // Both know the same top level domains.
  await copyFile(join(projectRoot, 'fixtures/scan/suffixes.dat'), join(folder, 'effective_tld_names.dat'));
  const { port } = await startRspamd(t, {
    sections: `${scannerSections} lua = "${folder}/rule.lua"; options { url_tld = "${folder}/effective_tld_names.dat"; }`,
    ready: '/ping',
  });
  const messages = await allMessages();
  for (const [at, { body }] of messages.entries()) {
    const headers = ['Queue-Id', String(at)];
    const reply = await request(`http://127.0.0.1:${port}/checkv2`, { method: 'POST', headers, body });
    await reply.body.dump();
    assert.equal(reply.statusCode, 200);
  }
  const theirs = readSeen(await readFile(file, 'utf8'));
  assert.ok(theirs.size > messages.length * 0.95);
  const knowledge = await loadKnowledge(folder);
  const different = new Map(features.map((feature) => [feature, [] as string[]]));
  for (const [at, { name, body }] of messages.entries()) {
    const [seen, own] = [theirs.get(String(at)), featuresOf(body, knowledge)];
    if (seen === undefined) continue;
    for (const feature of features)
      if (JSON.stringify(own[feature]) !== JSON.stringify(seen[feature]))
        different.get(feature)?.push(`${name}\n  ours   ${own[feature]}\n  theirs ${seen[feature]}`);
  }
  for (const [feature, list] of different) {
    const share = 1 - list.length / theirs.size;
    t.diagnostic(`${feature}: ${(share * 100).toFixed(1)} % of ${theirs.size} messages alike`);
    assert.ok(share >= alike, `${feature}: ${share}\n${list.slice(0, 5).join('\n')}`);
  }
});

async function allMessages(): Promise<{ name: string; body: Buffer }[]> {
  const own = Object.entries(samples).map(([name, text]) => ({ name, body: Buffer.from(text, 'latin1') }));
  if (sharedFolder === undefined) return own;
  const folder = join(sharedFolder, 'corpus/scan/messages');
  const names = (await readdir(folder)).sort();
  const others = names.map(async (name) => ({ name, body: await readFile(join(folder, name)) }));
  return [...own, ...(await Promise.all(others))];
}

/** Lists without an order of their own are sorted; a list in Lua that is empty is an object in JSON. */
function readSeen(text: string): Map<string, Features> {
  const lines = text.trimEnd().split('\n');
  const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return new Map(
    all.map((seen) => {
      const list = (name: string): string[] => Object.values(seen[name] as object) as string[];
      // Debian's release writes two slashes after mailto.
      const urls = list('urls').map((url) => url.replace(/^mailto:\/\//, 'mailto:'));
      const texts = list('texts').sort();
      const entry = { parts: list('parts'), kinds: list('kinds'), fields: list('fields'), hops: list('hops') };
      return [String(seen['id']), { ...entry, texts, urls: urls.sort() }];
    }),
  );
}

function featuresOf(body: Buffer, knowledge: Knowledge): Features {
  const message = new Message(body, knowledge);
  const texts = message.textParts.map(({ isHtml, isUtf8, stats, words }) =>
    [
      isHtml,
      isUtf8,
      stats.lines,
      words
        .filter(({ kind }) => kind !== 'url')
        .map(({ normal }) => toText(normal))
        .join(' '),
    ].join('|'),
  );
  return {
    parts: message.parts.map(({ type, content, filename }) =>
      [type.type, type.subtype, content.length, toText(filename)].join('|'),
    ),
    kinds: message.parts.map(({ kind }) =>
      [kind === 'text', kind === 'image', kind === 'archive', kind === 'multipart'].join('|'),
    ),
    texts: texts.sort(),
    urls: [...message.urls].map(({ text }) => toText(text)).sort(),
    fields: [...message.headers].map(({ name, decoded }) => `${name}|${decoded}`),
    hops: message.received.map((hop) =>
      [hop.fromHostname, hop.realHostname, hop.realIp, hop.byHostname, hop.protocol]
        .map((part) => part ?? '')
        .join('|'),
    ),
  };
}
