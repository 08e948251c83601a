/** A list of addresses and networks, such as `127.0.0.1,10.0.0.0/8,fd00::/8`. */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { parseList } from './list-text.ts';

export interface AddressList {
  has(address: string): boolean;
}

/** Parses the list of a variable. Throws a Refusal that names a wrong entry. */
export function addressList(variable: string, text: string): AddressList {
  const list = new BlockList();
  for (const entry of parseList(text)) {
    const [address = '', bits, ...rest] = entry.split('/');
    const width = isIPv4(address) ? 32 : 128;
    const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (isIP(address) === 0 || !(prefix >= 0 && prefix <= width) || rest.length > 0) {
      throw new Refusal(
        EXIT.usage,
        `${variable} has ${JSON.stringify(entry)}; an address or a network such as 10.0.0.0/8 was expected`,
      );
    }
    list.addSubnet(address, prefix, width === 32 ? 'ipv4' : 'ipv6');
  }
  return { has: (address) => isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6') };
}
