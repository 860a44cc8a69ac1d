import type { ByteString } from '../bytes.ts';

/** HZ (RFC 1843): `~{` and `~}` switch to GB 2312 in seven bits and back. @returns the same text in EUC-CN */
export function hzToEuc(bytes: ByteString): ByteString {
  return shift(bytes.replace(/~\r?\n/g, ''), /~(?:\{([!-~]*?)(?:~\}|(?=[\r\n])|$)|(~))/g);
}

/** ISO-2022-KR (RFC 1557): SO and SI switch to KS X 1001 in seven bits and back. @returns the same text in EUC-KR */
export function iso2022KrToEuc(bytes: ByteString): ByteString {
  return shift(bytes.replaceAll('\x1b$)C', ''), /\x0e([^\x0f\r\n]*)\x0f?/g);
}

function shift(bytes: ByteString, run: RegExp): ByteString {
  return bytes.replace(run, (_, text: ByteString | undefined, plain: ByteString | undefined) =>
    text === undefined ? (plain ?? '') : text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) | 0x80)),
  );
}
