/** A milter session as Postfix leads it, in packets: what the milter benchmarks send. */

function packet(command: string, payload = ''): Buffer {
  const bytes = Buffer.alloc(5 + payload.length);
  bytes.writeUInt32BE(payload.length + 1);
  bytes.write(command + payload, 4, 'latin1');
  return bytes;
}

const headers: ReadonlyArray<readonly [string, string]> = [
  ['Received', 'from origin.example.net by relay.example.net; Fri, 02 Feb 2018 15:53:26 +0200'],
  ['From', 'Sender <sender@example.com>'],
  ['To', 'Recipient <recipient@example.org>'],
  ['Subject', 'A message like many others'],
  ['Message-ID', '<20180202155326.GfEWpxCo@example.com>'],
  ['Date', 'Fri, 02 Feb 2018 15:53:26 +0200'],
  ['MIME-Version', '1.0'],
  ['Content-Type', 'text/plain; charset=utf-8'],
];

/** Postfix sends the queue id before every packet of the message. */
const id = (stage: string): Buffer => packet('D', `${stage}i\x003156F2287B1\0`);

const line = 'A line of text as it stands in a message.\r\n';

/** From MAIL to the end of the message. @param size bytes of the body */
export function transaction(size: number): readonly Buffer[] {
  return [
    packet('D', 'M{mail_addr}\0sender@example.com\0{client_addr}\x00198.51.100.7\0{client_name}\0mx.example.net\0'),
    packet('M', '<sender@example.com>\0SIZE=2500\0BODY=8BITMIME\0'),
    packet('D', 'R{rcpt_addr}\0recipient@example.org\0{rcpt_host}\0mail.example.org\0{rcpt_mailer}\0relay\0'),
    packet('R', '<recipient@example.org>\0'),
    id('T'),
    packet('T'),
    ...headers.flatMap(([name, value]) => [id('L'), packet('L', `${name}\0${value}\0`)]),
    id('N'),
    packet('N'),
    id('B'),
    packet('B', line.repeat(Math.ceil(size / line.length)).slice(0, size)),
    id('E'),
    packet('E'),
  ];
}

/** What Postfix sends after the verdict. */
export const aborts: readonly Buffer[] = [packet('A'), packet('A')];

/** The offer of a session; the answer to it comes before anything else is sent. */
export const offer = packet('O', '\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff');

/** Up to the first MAIL. */
export const greeting: readonly Buffer[] = [
  packet('D', 'Cj\0mta.example.org\0{daemon_name}\0mta.example.org\0v\0Postfix 3.7.11\0'),
  packet('C', 'mx.example.net\x004\x87\x07198.51.100.7\0'),
  packet('D', 'H'),
  packet('H', 'mx.example.net\0'),
];
