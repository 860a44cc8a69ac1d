import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { noPostfix, startPostfix } from '../support/postfix.ts';
import { executable, startProxyProcess } from '../support/proxy-process.ts';
import { SmtpClient, startSink } from '../support/smtp.ts';
import { asSent, gtube, mail } from './support.ts';

function configuration(milterPort: number, more = ''): string {
  return `logging { type = "console"; level = "info"; }
actions { reject = 15; add_header = 3; }
milter_headers { use = ["authentication-results"]; skip_local = false; }
${more}
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${milterPort}";
  milter = yes;
  upstream "local" { default = yes; self_scan = yes; }
}`;
}

test('Postfix and our proxy alone: spam is refused, ham delivered', {
  timeout: 180_000,
  skip: noPostfix,
}, async (t) => {
  const milterPort = await freePort();
  await startProxyProcess(t, configuration(milterPort));
  const sink = await startSink(t);
  const postfix = await startPostfix(t, { milter: `inet:127.0.0.1:${milterPort}`, relayPort: sink.port });
  const client = await SmtpClient.connect(postfix.port);
  const send = (message: string) => client.send('a@example.org', ['b@example.net'], message);

  const spam = await send(mail({}, gtube));
  assert.equal(`${spam.code} ${spam.text}`, '554 5.7.1 Gtube pattern');

  const ham = mail();
  assert.equal((await send(ham)).code, 250);
  const delivered = asSent(await sink.next());
  assert.match(delivered, /^Authentication-Results: \S+;\r\n\t/m);
  assert.equal(delivered.replace(/^Authentication-Results:.*\r\n(?:[ \t].*\r\n)*/m, ''), ham);

  const suspicious = mail().replace(/^Date: .*\r\n/m, 'Date: Mon, 01 Jan 2040 00:00:00 +0000\r\n');
  assert.equal((await send(suspicious)).code, 250);
  assert.match(asSent(await sink.next()), /^X-Spam: Yes\r$/m);
  await client.quit();
});

/** Long enough that its language is beyond doubt. */
const lottery = (n: number): string =>
  `Congratulations dear customer ${n}, you have been selected to receive the grand prize of our international lottery.\r\n` +
  'Please send your full name, your address and your bank account to the claims department of this company before the\r\n' +
  'end of the month, and our agents will transfer the money without any delay. Cheap watches and replica handbags are\r\n' +
  'available at unbeatable discount prices too.\r\n';
const minutes = (n: number): string =>
  `Good morning everybody, here are the minutes of meeting ${n} about the garden project. We agreed that the river bank\r\n` +
  'should be planted with willows in spring, that the school would take care of the vegetable beds, and that the council\r\n' +
  'has to be asked about the old bridge near the mill. Thank you all for coming; the next meeting is going to be in the\r\n' +
  'library, as the town hall is being painted.\r\n';

test('Postfix and our proxy alone: what was learned is recognised, also after a restart', {
  timeout: 180_000,
  skip: noPostfix,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-learn-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const milterPort = await freePort();
  const config = configuration(
    milterPort,
    `classifier "bayes" {
  tokenizer { name = "osb"; window = 2; }
  min_learns = 5;
  min_tokens = 11;
  path = "${folder}/bayes.db";
  statfile { symbol = "BAYES_HAM"; spam = false; }
  statfile { symbol = "BAYES_SPAM"; spam = true; }
}`,
  );
  const first = await startProxyProcess(t, config);
  const sink = await startSink(t);
  const postfix = await startPostfix(t, { milter: `inet:127.0.0.1:${milterPort}`, relayPort: sink.port });
  /** Whether the message arrives marked as spam. */
  const marked = async (body: string): Promise<boolean> => {
    const client = await SmtpClient.connect(postfix.port);
    const reply = await client.send('a@example.org', ['b@example.net'], mail({}, body));
    await client.quit();
    assert.equal(reply.code, 250, reply.text);
    return /^X-Spam: Yes\r$/m.test(asSent(await sink.next()));
  };
  assert.equal(await marked(lottery(100)), false, 'before it was learned');

  const kinds = { spam: lottery, ham: minutes };
  for (const [kind, text] of Object.entries(kinds)) {
    const messages = join(folder, kind);
    mkdirSync(messages);
    for (let n = 0; n < 8; n++) writeFileSync(join(messages, `${n}.eml`), mail({}, text(n)));
    const args = [executable, 'learn', kind, '-c', first.configFile, messages];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    assert.equal(stdout, `${kind}: 8 learned\n`);
  }
  assert.equal(await marked(lottery(101)), true, 'by the proxy that runs');
  assert.equal(await marked(minutes(101)), false);

  await first.stop();
  await startProxyProcess(t, config);
  assert.equal(await marked(lottery(102)), true, 'by the proxy that was started later');
  assert.equal(await marked(minutes(102)), false);
});
