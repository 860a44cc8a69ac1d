import { formatIp6, parseInetAddress, parseIp6 } from '../../scan/index.ts';

/** An address in Lua's hands; one that could not be read is there, too, and not valid. */
export class Ip {
  /** 4 or 16 bytes; none for an address that is not valid. */
  readonly bytes: readonly number[];
  readonly port: number;
  constructor(bytes: readonly number[], port: number) {
    this.bytes = bytes;
    this.port = port;
  }

  get isValid(): boolean {
    return this.bytes.length > 0;
  }

  get version(): 4 | 6 {
    return this.bytes.length === 4 ? 4 : 6;
  }

  get text(): string {
    return this.version === 4 ? this.bytes.join('.') : formatIp6(this.words);
  }

  get words(): number[] {
    return Array.from(
      { length: 8 },
      (_, i) => ((this.bytes[2 * i] as number) << 8) | (this.bytes[2 * i + 1] as number),
    );
  }

  /** Decimal octets of IPv4, hexadecimal digits of IPv6. */
  get labels(): string[] {
    if (this.version === 4) return this.bytes.map(String);
    return this.bytes.flatMap((byte) => [(byte >> 4).toString(16), (byte & 15).toString(16)]);
  }

  /** Loopback; link-local and site-local addresses of IPv6 (rspamd: src/libutil/addr.c:rspamd_inet_address_is_local). */
  get isLocal(): boolean {
    if (this.version === 4) return this.bytes[0] === 127;
    const [first = 0] = this.words;
    return this.text === '::1' || (first & 0xffc0) === 0xfe80 || (first & 0xffc0) === 0xfec0;
  }

  masked(bits: number): Ip {
    const kept = this.bytes.map((byte, i) => {
      const left = Math.max(0, Math.min(8, bits - 8 * i));
      return byte & (0xff00 >> left) & 0xff;
    });
    return new Ip(kept, this.port);
  }

  /** IPv4 before IPv6, then by bytes, then by port. */
  compare(other: Ip): number {
    if (this.bytes.length !== other.bytes.length) return this.bytes.length - other.bytes.length;
    const at = this.bytes.findIndex((byte, i) => byte !== other.bytes[i]);
    return at < 0 ? this.port - other.port : (this.bytes[at] as number) - (other.bytes[at] as number);
  }
}

export function readIp(text: string): Ip {
  const address = parseInetAddress(text);
  if (address === undefined) return new Ip([], 0);
  if (address.version === 4) return new Ip(address.text.split('.').map(Number), address.port);
  const words = parseIp6(address.text) ?? [];
  return new Ip(
    words.flatMap((word) => [word >> 8, word & 0xff]),
    address.port,
  );
}
