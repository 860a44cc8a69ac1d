const head = (type: string): string =>
  `Received: from mail.example.com (mail.example.com [192.0.2.1])\r\n\tby mx.example.net (Postfix) with ESMTPS id 123\r\n\tfor <b@example.net>; Mon, 1 Jan 2024 10:00:00 +0000 (UTC)\r\nFrom: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nTo: b@example.net\r\nSubject: =?iso-8859-1?q?Gr=FC=DFe?= from www.example.com\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\n`;

const text =
  'Good morning, this is a text of some words; see http://www.example.com/path?a=b and write to a.b@example.org.\r\n';
const html =
  '<html><head><title>T</title></head><body><p>Good <b>morning</b>, see <a href="https://click.example.com/x">example.com</a> &amp; more.</p><img src="cid:1"></body></html>\r\n';
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const multi = (kind: string, ...parts: readonly string[]): string =>
  `${head(`multipart/${kind}; boundary="=_b"`)}\r\npreamble\r\n${parts.map((part) => `--=_b\r\n${part}`).join('')}--=_b--\r\nepilogue\r\n`;

/** Messages of our own for the comparison: each with something that parsers differ over. Byte strings. */
export const samples: Readonly<Record<string, string>> = {
  plain: `${head('text/plain')}\r\n${text}`,
  latin1: `${head('text/plain; charset=iso-8859-1')}Content-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe aus K\xf6ln an alle Freunde in der Stadt\r\n`,
  'quoted-printable': `${head('text/plain; charset=utf-8')}Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe an alle, =\r\ndie hier wohnen\r\n`,
  base64: `${head('text/html; charset=utf-8')}Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(html).toString('base64')}\r\n`,
  html: `${head('text/html; charset=utf-8')}\r\n${html}`,
  alternative: multi(
    'alternative',
    `Content-Type: text/plain; charset=utf-8\r\n\r\n${text}`,
    `Content-Type: text/html; charset=utf-8\r\n\r\n${html}`,
  ),
  attachment: multi(
    'mixed',
    `Content-Type: text/plain\r\n\r\n${text}`,
    `Content-Type: image/png; name="dot.png"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=utf-8''d%C3%B6t.png\r\n\r\n${png}\r\n`,
  ),
  message: multi(
    'mixed',
    `Content-Type: text/plain\r\n\r\n${text}`,
    `Content-Type: message/rfc822\r\n\r\n${head('text/plain')}\r\ninner words of a message\r\n`,
  ),
  'without a final boundary': `${head('multipart/mixed; boundary=x')}\r\n--x\r\nContent-Type: text/plain\r\n\r\nfirst part\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>second part\r\n`,
  'bare line ends': `${head('text/plain').replaceAll('\r\n', '\n')}\nwords on a line\n`,
  'no type': 'From: a@example.com\r\nSubject: plain\r\n\r\nsome words here\r\n',
  'folded fields':
    'From: a@example.com\r\nSubject: one\r\n two\r\n\tthree\r\nX-Long: a\r\n b\r\n\r\nsome words here\r\n',
  uuencode: `${head('text/plain')}\r\nbegin 644 x.txt\r\n#0V%T\r\n\`\r\nend\r\n`,
  received:
    'Received: from [192.0.2.9] (helo=client.example.org)\r\n\tby mx.example.net with esmtpsa (Exim 4.94)\r\n\tid 1abc-0001; Mon, 01 Jan 2024 10:00:00 +0000\r\nReceived: from localhost (localhost [127.0.0.1]) by a.example.org with LMTP id 1; Mon, 1 Jan 2024 09:00:00 +0000\r\nFrom: a@example.com\r\n\r\nsome words here\r\n',
};
