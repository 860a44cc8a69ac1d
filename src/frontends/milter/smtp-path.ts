/**
 * The address part of MAIL and RCPT arguments: RFC 5321 section 4.1.2 with the UTF-8 of RFC 6532, as Rspamd's scanner
 * takes it (rspamd: src/ragel/smtp_address.rl), and local parts without a domain besides. On byte strings.
 */

const utf8 = '[\\xc0-\\xdf][\\x80-\\xbf]|[\\xe0-\\xef][\\x80-\\xbf]{2}|[\\xf0-\\xf7][\\x80-\\xbf]{3}';
const atom = `(?:[\\w!#$%&'*+/=?^\`{|}~-]|${utf8})+`;
const dotString = `${atom}(?:\\.${atom})*`;
const quotedString = `"(?:[ !#-\\[\\]-~]|\\\\[ -~]|${utf8})*"`;
const localPart = `(?:${dotString}|${quotedString})`;
const letterOrDigit = `(?:[A-Za-z0-9]|${utf8})`;
const label = `${letterOrDigit}(?:(?:${letterOrDigit}|[_-])*${letterOrDigit})?`;
const domain = `${label}(?:\\.${label})*`;
const addressLiteral = '\\[[!-Z^-~]+\\]';
const mailbox = `${localPart}@(?:${addressLiteral}|${domain})`;
const sourceRoute = `(?:@${domain}(?:,@${domain})*:)?`;
const blank = '[ \\t]*';

/** An address in or without angle brackets; whatever follows it after a blank is not part of it. */
const withDomain = new RegExp(
  `^${blank}(<>|<${blank}${sourceRoute}${mailbox}\\.?${blank}>|${sourceRoute}${mailbox}\\.?)(?=[ \\t]|$)`,
);
/** `<postmaster>` and local users: nothing may follow. */
const withoutDomain = new RegExp(`^${blank}(<${blank}${localPart}${blank}>|${localPart})${blank}$`);

/** RFC 5321 section 4.5.3.1.3 asks for 256; UTF-8, routes and odd clients get room. */
const longest = 2048;

/**
 * The address as the client wrote it, angle brackets included, without what stands around it; undefined where there is
 * none, and for anything with a CR, LF or NUL.
 */
export function smtpPath(argument: string): string | undefined {
  if (argument.length > longest || /[\0\r\n]/.test(argument)) return undefined;
  return (withDomain.exec(argument) ?? withoutDomain.exec(argument))?.[1];
}
