import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { request } from 'undici';
import { loadKnowledge, Message } from '../../../../src/scan/message/index.ts';
import { noRspamd, scannerSections, startRspamd } from '../../../support/rspamd.ts';
import { drawing, makePdf, packed, stream, withFile } from './files.ts';

/** Writes what Rspamd sees of PDF files, a line of JSON for each message. */
const rule = (file: string): string => `
local ucl = require 'ucl'
rspamd_config:register_symbol{
  name = 'PDF_SEEN', type = 'normal', flags = 'empty', score = 0,
  callback = function(task)
    local seen = { id = task:get_queue_id(), urls = {} }
    for _, url in ipairs(task:get_urls({ content = true }) or {}) do
      if url:get_flags().content then seen.urls[#seen.urls + 1] = url:get_text() end
    end
    for _, part in ipairs(task:get_parts() or {}) do
      local pdf = part:is_specific() and part:get_specific()
      if pdf and pdf.tag == 'pdf' then
        seen.encrypted = pdf.encrypted and true or false
        seen.scripts = pdf.scripts and true or false
        seen.suspicious = pdf.suspicious or 0
        seen.long = pdf.long_trailer or -1
        seen.many = pdf.many_objects or -1
      end
    end
    local out = io.open('${file}', 'a')
    out:write(ucl.to_format(seen, 'json-compact'), '\\n')
    out:close()
  end
}
`;

const uri = (text: string): string => `<</Type/Annot/A<</S/URI/URI${text}>>>>`;

/** Debian's release reads links and signs as the one that we follow does, and makes no text of what pages show. */
const files: Readonly<Record<string, string>> = {
  links: makePdf({ objects: [uri('(http://www.example.com/a?b=c)'), uri('<687474703a2f2f6578616d706c652e6f72672f>')] }),
  'packed links': makePdf({
    objects: [packed([uri('(http://www.example.com/packed)'), '7', uri('(www.example.net)')])],
  }),
  'links in lists with and without blanks': makePdf({
    objects: [
      `<</Annots[${uri('(http://a.example.com)')}${uri('(http://b.example.com)')}]>>`,
      `<</Annots[ ${uri('(http://c.example.com)')} ${uri('(http://d.example.com)')} ]>>`,
    ],
  }),
  'a broken dictionary': makePdf({
    objects: ['<</A null/URI(http://example.com/lost)>>', uri('(http://example.com/kept)')],
  }),
  'nothing but words': makePdf({ objects: [uri('(not a link)')] }),
  encrypted: makePdf({
    contents: [stream(drawing('(Hello world) Tj'))],
    objects: [uri('(http://example.com/)')],
    trailer: '<</Root 1 0 R/Encrypt 9 0 R>>',
  }),
  'encrypted otherwise': makePdf({
    objects: [stream('x', '/Type/XRef/Encrypt 9 0 R'), packed([uri('(http://e.com)')])],
  }),
  script: makePdf({ objects: ['<</S/JavaScript/JS(app.alert)>>'] }),
  'a script in a stream': makePdf({
    objects: ['<</Type/Action/S/JavaScript/JS 21 0 R>>', stream('app.alert(1)', '', 'flate')],
  }),
  'a script that is not there': makePdf({ objects: ['<</S/JavaScript/JS 99 0 R>>'] }),
  'a long trailer': makePdf({ trailer: 'x\n'.repeat(120) }),
  'a trailer of just so many lines': makePdf({ trailer: 'x\n'.repeat(98) }),
  'many objects': makePdf({ objects: Array.from({ length: 10_001 }, () => '<</A(some text that is long enough)>>') }),
  'hidden names': makePdf({ objects: [`<<${'/A#41#42#43 1'.repeat(9)}>>`] }),
  shells: makePdf({ objects: ['(netsh x echo y echo z)'] }),
};

interface Seen {
  readonly urls: readonly string[];
  readonly signs: readonly unknown[];
}

test('PDF files look to us as they look to Rspamd', { timeout: 240_000, skip: noRspamd }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rspamd-proxy-pdf-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const log = join(folder, 'seen');
  await writeFile(join(folder, 'rule.lua'), rule(log));
  const { port } = await startRspamd(t, { sections: `${scannerSections} lua = "${folder}/rule.lua";`, ready: '/ping' });
  for (const [name, pdf] of Object.entries(files)) {
    const reply = await request(`http://127.0.0.1:${port}/checkv2`, {
      method: 'POST',
      headers: ['Queue-Id', name],
      body: withFile(pdf),
    });
    await reply.body.dump();
    assert.equal(reply.statusCode, 200);
  }
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
  assert.equal(lines.length, Object.keys(files).length);
  const knowledge = await loadKnowledge(undefined);
  for (const line of lines) {
    const { id, urls, ...signs } = JSON.parse(line) as Record<string, unknown>;
    const { encrypted, scripts, suspicious, long, many } = signs;
    const theirs: Seen = {
      urls: Object.values(urls as object).sort(),
      signs: [encrypted, scripts, suspicious, long, many],
    };
    assert.deepEqual(seenOf(files[id as string] as string, knowledge), theirs, id as string);
  }
});

function seenOf(pdf: string, knowledge: Awaited<ReturnType<typeof loadKnowledge>>): Seen {
  const message = new Message(Buffer.from(withFile(pdf), 'latin1'), knowledge);
  const [file] = message.pdfFiles;
  assert.ok(file !== undefined);
  return {
    urls: [...message.urls]
      .filter((url) => url.has('content'))
      .map(({ text }) => text)
      .sort(),
    signs: [file.encrypted, file.hasScripts, file.suspicion, file.longTrailer ?? -1, file.manyObjects ?? -1],
  };
}
