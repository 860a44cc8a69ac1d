import { BlockList } from 'node:net';
import { parseInetAddress } from './message/index.ts';

/** Addresses by networks: `192.0.2.0/24`, `2001:db8::/32` or a single one. */
export class Networks {
  readonly #list = new BlockList();

  /**
   * @param where they stand, for people
   * @param problem is told what is no network
   */
  constructor(networks: readonly string[], where: string, problem: (text: string) => void) {
    for (const network of networks) this.#add(network.trim(), where, problem);
  }

  has(ip: string): boolean {
    return this.#list.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4');
  }

  #add(network: string, where: string, problem: (text: string) => void): void {
    const [, text = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(network) ?? [];
    const address = parseInetAddress(text);
    const most = address?.version === 6 ? 128 : 32;
    const prefix = bits === undefined ? most : Number(bits);
    if (address === undefined || prefix > most) problem(`${JSON.stringify(network)} in ${where} is no network`);
    else this.#list.addSubnet(address.text, prefix, address.version === 6 ? 'ipv6' : 'ipv4');
  }
}
