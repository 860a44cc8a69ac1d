import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noPostfix, startPostfix } from '../support/postfix.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { freePort } from '../support/rspamd.ts';
import { SmtpClient, startSink } from '../support/smtp.ts';
import { asSent, gtube, mail } from './support.ts';

test('Postfix and our proxy alone: spam is refused, ham delivered', {
  timeout: 180_000,
  skip: noPostfix,
}, async (t) => {
  const milterPort = await freePort();
  await startProxyProcess(
    t,
    `logging { type = "console"; level = "info"; }
actions { reject = 15; add_header = 3; }
milter_headers { use = ["authentication-results"]; skip_local = false; }
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${milterPort}";
  milter = yes;
  upstream "local" { default = yes; self_scan = yes; }
}`,
  );
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
