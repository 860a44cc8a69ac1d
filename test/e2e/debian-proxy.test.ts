import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { noPostfix, startPostfix } from '../support/postfix.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { noRspamd, startRspamd } from '../support/rspamd.ts';
import { SmtpClient, type SmtpReply, type SmtpSink, startSink } from '../support/smtp.ts';
import { asSent, gtube, mail, ownActions, proxyConfig, proxySection, startScanner } from './support.ts';

/** One Postfix behind which a proxy answers. */
interface Side {
  readonly client: SmtpClient;
  readonly sink: SmtpSink;
}

async function side(t: TestContext, milterPort: number): Promise<Side> {
  const sink = await startSink(t);
  const postfix = await startPostfix(t, { milter: `inet:127.0.0.1:${milterPort}`, relayPort: sink.port });
  const client = await SmtpClient.connect(postfix.port);
  t.after(() => client.destroy());
  return { client, sink };
}

interface Outcome {
  readonly reply: SmtpReply;
  /** The message as delivered, undefined where it was not. */
  readonly delivered: string | undefined;
}

async function outcome({ client, sink }: Side, { from, to, message, delivers }: Case): Promise<Outcome> {
  const reply = await client.send(from, to, message);
  // Postfix names its queue file in the reply to a message that it takes.
  const text = reply.text.replace(/queued as \w+/, 'queued');
  return { reply: { code: reply.code, text }, delivered: delivers ? withoutOwn(asSent(await sink.next())) : undefined };
}

/** What Postfix itself adds to a message without such headers is of its own making and moment. */
function withoutOwn(message: string): string {
  return message.replace(/^Message-Id: <[^@]*@mx\.example>\r\nDate: [^\r]*\r\n/, '');
}

interface Case {
  readonly name: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly message: string;
  readonly delivers: boolean;
}

function cases(): Case[] {
  const plain = { from: 'sender@example.org', to: ['rcpt@example.net'] };
  const wanted = (want: string, delivers: boolean, more = {}): Case => {
    return { ...plain, name: want, message: mail({ 'X-Want': want, ...more }), delivers };
  };
  return [
    { ...plain, name: 'clean', message: mail(), delivers: true },
    wanted('headers', true, { 'X-Remove': 'me', 'X-Keep': 'me' }),
    { ...plain, name: 'GTUBE', message: mail({}, gtube), delivers: false },
    wanted('reject', false),
    wanted('add header', true, { 'X-Spam': 'No, never' }),
    wanted('rewrite subject', true),
    wanted('soft reject', false),
    wanted('greylist', true),
    wanted('no action', true),
    wanted('discard', false),
    wanted('quarantine', false),
    { ...plain, name: 'null sender', from: '', message: mail(), delivers: true },
    { ...plain, name: 'several recipients', to: ['a@example.net', 'b@example.com'], message: mail(), delivers: true },
    { ...plain, name: 'no headers', message: '\r\nonly a body\r\n', delivers: true },
    { ...plain, name: 'folded', message: mail({ 'X-Long': 'one\r\n two\r\n\tthree' }), delivers: true },
  ];
}

const skip = noPostfix || noRspamd;

test("the same envelopes through Debian's proxy and ours: same codes, same messages", {
  timeout: 300_000,
  skip,
}, async (t) => {
  const hosts = `127.0.0.1:${(await startScanner(t)).port}`;
  const theirs = await startRspamd(t, { sections: `actions { ${ownActions} }\n${proxySection('{port}', hosts)}` });
  const ourPort = await freePort();
  await startProxyProcess(t, proxyConfig(ourPort, hosts));
  const [reference, ours] = [await side(t, theirs.port), await side(t, ourPort)];
  for (const one of cases()) {
    await t.test(one.name, async () => {
      assert.deepEqual(await outcome(ours, one), await outcome(reference, one));
    });
  }
});
