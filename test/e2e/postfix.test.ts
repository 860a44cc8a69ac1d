import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { noPostfix, startPostfix } from '../support/postfix.ts';
import { noRspamd } from '../support/rspamd.ts';
import { SmtpClient } from '../support/smtp.ts';
import { asSent, gtube, headersOf, mail, startScanner, startSite } from './support.ts';

const skip = noPostfix || noRspamd;
const to = ['rcpt@example.net'];

test('Postfix, our proxy, a real scanner: every action', { timeout: 300_000, skip }, async (t) => {
  const { postfix, sink } = await startSite(t, `127.0.0.1:${(await startScanner(t)).port}`);
  const client = await SmtpClient.connect(postfix.port);
  const send = (want: string, more: Record<string, string> = {}) =>
    client.send('sender@example.org', to, mail({ 'X-Want': want, ...more }));

  await t.test('clean mail arrives with the headers that the scanner asks for', async () => {
    const reply = await send('headers', { 'X-Remove': 'me', 'X-Keep': 'me' });
    assert.equal(reply.code, 250, reply.text);
    const headers = headersOf(await sink.next());
    assert.ok(headers.includes('X-Scanned: yes'), headers.join('\n'));
    assert.ok(headers.includes('X-Keep: me'));
    assert.ok(!headers.some((line) => line.startsWith('X-Remove:')));
    assert.equal(headers.filter((line) => line.startsWith('X-Many:')).length, 2);
  });

  await t.test('GTUBE is refused with the configured text', async () => {
    const reply = await client.send('sender@example.org', to, mail({}, gtube));
    assert.equal(reply.code, 554);
    assert.equal(reply.text, '5.7.1 Gtube pattern');
  });

  await t.test('reject without a text of the scanner has that of the proxy', async () => {
    const reply = await send('reject');
    assert.equal(reply.code, 554);
    assert.equal(reply.text, '5.7.1 No spam here, please');
  });

  await t.test('add header marks the message, whatever it claimed itself', async () => {
    const reply = await send('add header', { 'X-Spam': 'No, never' });
    assert.equal(reply.code, 250);
    const spam = headersOf(await sink.next()).filter((line) => line.startsWith('X-Spam:'));
    assert.deepEqual(spam, ['X-Spam: Yes']);
  });

  await t.test('rewrite subject', async () => {
    assert.equal((await send('rewrite subject')).code, 250);
    const subjects = headersOf(await sink.next()).filter((line) => line.startsWith('Subject:'));
    assert.deepEqual(subjects, ['Subject: [SPAM] greetings']);
  });

  await t.test('soft reject is a temporary failure with the text of the scanner', async () => {
    const reply = await send('soft reject');
    assert.equal(reply.code, 451);
    assert.equal(reply.text, '4.7.1 Come back later');
  });

  await t.test('greylist lets the message pass: the MTA or the scanner decides', async () => {
    assert.equal((await send('greylist')).code, 250);
    assert.match(asSent(await sink.next()), /^X-Want: greylist/);
  });

  await t.test('discard takes the message and delivers nothing', async () => {
    assert.equal((await send('discard')).code, 250);
    await postfix.logged(/milter-discard/);
  });

  await t.test('quarantine keeps the message in the hold queue', async () => {
    assert.equal((await send('quarantine')).code, 250);
    const held = (await postfix.queue()).filter(({ queue }) => queue === 'hold');
    assert.equal(held.length, 1);
    await postfix.logged(/milter-hold: END-OF-MESSAGE/);
  });

  await t.test('nothing else was delivered, and the connection was one', async () => {
    assert.equal(sink.messages.length, 0);
    await client.quit();
  });
});

test('messages arrive byte for byte', { timeout: 300_000, skip }, async (t) => {
  const { postfix, sink } = await startSite(t, `127.0.0.1:${(await startScanner(t)).port}`);
  const client = await SmtpClient.connect(postfix.port);
  const head = mail({}, '');
  const bodies: ReadonlyArray<readonly [name: string, body: string]> = [
    ['UTF-8', Buffer.from('Grüße, 世界, 🎉\r\n').toString('latin1')],
    ['8-bit', 'caf\xe9 \xff\xfe\x80\r\n'],
    ['dot-stuffed', '.\r\n..\r\n.hidden\r\nend .\r\n'],
    ['bare control bytes', 'tab\there\x0bvt\x0cff\x07bell\r\n'],
    ['no body', ''],
    ['blank lines', '\r\n\r\n\r\n'],
    ['20 MB', `${'0123456789abcdef'.repeat(62)}\r\n`.repeat(21_000)],
  ];
  for (const [name, body] of bodies) {
    await t.test(name, async () => {
      const message = head + body;
      const reply = await client.send('sender@example.org', to, message);
      assert.equal(reply.code, 250, reply.text);
      const got = asSent(await sink.next());
      assert.equal(got.length, message.length);
      assert.ok(got === message, 'the bytes are the same');
    });
  }
  await t.test('an empty message', async () => {
    assert.equal((await client.send('sender@example.org', to, '')).code, 250);
    await sink.next();
  });
  await t.test('ten messages on one connection', async () => {
    for (let n = 0; n < 10; n++) {
      const message = mail({ 'X-Number': String(n) });
      const reply = await client.send(`sender${n}@example.org`, [`r${n}@example.net`, 'second@example.net'], message);
      assert.equal(reply.code, 250, reply.text);
      const got = await sink.next(({ bytes }) => bytes.includes(`X-Number: ${n}\r\n`));
      assert.equal(got.from, `sender${n}@example.org`);
      assert.deepEqual([...got.to].sort(), [`r${n}@example.net`, 'second@example.net'].sort());
      assert.equal(asSent(got), message);
    }
  });
  await client.quit();
});

test('a scanner that dies costs no mail', { timeout: 300_000, skip }, async (t) => {
  const port = await freePort();
  const scanner = await startScanner(t, port);
  const { postfix, sink, proxy } = await startSite(t, `127.0.0.1:${port}`);
  // Mail comes from another MTA, which keeps what it cannot deliver.
  const sender = await startPostfix(t, { relayPort: postfix.port });
  const client = await SmtpClient.connect(sender.port);
  assert.equal((await client.send('sender@example.org', to, mail({ 'X-Want': 'slow' }))).code, 250);
  await proxy.until(/got connection from/);
  await scanner.kill();
  await proxy.until(/maximum retries has been reached/);
  const waiting = async () => (await sender.queue()).filter(({ queue }) => queue === 'deferred');
  while ((await waiting()).length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  const [message] = await waiting();
  assert.match(message?.reason ?? '', /host 127\.0\.0\.1.* said: 451 /);
  assert.equal(sink.messages.length, 0);

  await startScanner(t, port);
  await sender.flush();
  const delivered = await sink.next();
  assert.equal(delivered.from, 'sender@example.org');
  assert.match(asSent(delivered), /X-Want: slow/);
  await client.quit();
});
