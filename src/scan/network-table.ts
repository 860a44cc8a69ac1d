import { parseInetAddress, parseIp6 } from './message/index.ts';

interface Prefix {
  readonly bits: number;
  readonly values: Map<string, string>;
}

/** Values of networks; of several that hold an address the narrowest one counts. */
export class NetworkTable {
  /** Of IPv4 and of IPv6, the narrowest ones first. */
  readonly #prefixes: Readonly<Record<4 | 6, Prefix[]>> = { 4: [], 6: [] };

  /**
   * @param networks `192.0.2.0/24`, `[2001:db8::]/32`, a single address, or several with commas between them
   * @returns what is none
   */
  add(networks: string, value: string): readonly string[] {
    return networks.split(',').filter((network) => !this.#addOne(network.trim(), value));
  }

  get(ip: string): string | undefined {
    const address = parseInetAddress(ip);
    if (address === undefined) return undefined;
    const bytes = bytesOf(address.text);
    for (const { bits, values } of this.#prefixes[address.version]) {
      const value = values.get(keyOf(bytes, bits));
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #addOne(network: string, value: string): boolean {
    const [, bracketed, plain = '', given] = /^(?:\[([^\]]*)\]|([^/]*))(?:\/(\d{1,3}))?$/.exec(network) ?? [];
    const address = parseInetAddress(bracketed ?? plain);
    if (address === undefined) return false;
    const most = address.version === 4 ? 32 : 128;
    const bits = given === undefined ? most : Number(given);
    if (bits > most) return false;
    const prefixes = this.#prefixes[address.version];
    let prefix = prefixes.find((one) => one.bits === bits);
    if (prefix === undefined) {
      prefix = { bits, values: new Map() };
      prefixes.push(prefix);
      prefixes.sort((a, b) => b.bits - a.bits);
    }
    const key = keyOf(bytesOf(address.text), bits);
    if (!prefix.values.has(key)) prefix.values.set(key, value);
    return true;
  }
}

/** @param ip canonical */
function bytesOf(ip: string): readonly number[] {
  return ip.includes(':')
    ? (parseIp6(ip) ?? []).flatMap((word) => [word >> 8, word & 0xff])
    : ip.split('.').map(Number);
}

/** The first `bits` bits, as text. */
function keyOf(bytes: readonly number[], bits: number): string {
  const whole = bits >> 3;
  const key = String.fromCharCode(...bytes.slice(0, whole));
  const rest = bits & 7;
  return rest === 0 ? key : key + String.fromCharCode((bytes[whole] as number) & (0xff << (8 - rest)));
}
