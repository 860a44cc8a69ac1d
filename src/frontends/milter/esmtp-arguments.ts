/**
 * ESMTP arguments of MAIL and RCPT: NUL-terminated `KEY=VALUE` or `KEY`, up to the first empty one. A key counts once,
 * its last value wins; `KEY=` is written `KEY` (rspamd: src/libserver/milter.c:rspamd_milter_parse_esmtp_args).
 *
 * @param from where in the payload the arguments begin, behind the NUL of the address
 */
export function esmtpArguments(payload: Buffer, from: number): readonly string[] {
  if (from >= payload.length) return none;
  const byKey = new Map<string, string>();
  for (let at = from; ; ) {
    const end = payload.indexOf(0, at);
    if (end <= at) break;
    const argument = payload.toString('latin1', at, end);
    const equals = argument.indexOf('=', 1);
    const key = equals < 0 ? argument : argument.slice(0, equals);
    byKey.set(key.toLowerCase(), equals === argument.length - 1 ? key : argument);
    at = end + 1;
  }
  return [...byKey.values()];
}

const none: readonly string[] = [];
