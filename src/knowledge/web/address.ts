import ipaddr from 'ipaddr.js';

/**
 * Why a connection to this IP address is refused; undefined where it is a global unicast address. What is written as IPv6 and leads
 * to an IPv4 address (mapped, translated, tunnelled) is refused, but for the well-known NAT64 prefix, behind which a network without
 * IPv4 sees all of the web: there the IPv4 address decides.
 */
export function addressProblem(text: string): string | undefined {
  const [address = '', zone] = text.split('%');
  if (zone !== undefined) return 'an address of one network only';
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return problemOf4(ipaddr.IPv4.parse(address));
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return 'not an IP address';
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.match(NAT64)) return problemOf4(new ipaddr.IPv4(parsed.toByteArray().slice(12)));
  const range = parsed.range();
  if (range !== 'unicast') return sayRange(range);
  return parsed.match(GLOBAL) ? undefined : sayRange('reserved');
}

const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
/** What has been given out of IPv6: all else is unicast by name only. */
const GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3');
/** Public by its number, and on every machine of that cloud the way to its metadata. */
const AZURE_WIRE_SERVER = '168.63.129.16';

function problemOf4(address: ipaddr.IPv4): string | undefined {
  if (address.toString() === AZURE_WIRE_SERVER) return 'the metadata service of a cloud';
  const range = address.range();
  return range === 'unicast' ? undefined : sayRange(range);
}

const WORDS: Readonly<Record<string, string>> = {
  loopback: 'this machine itself',
  unspecified: 'this machine itself',
  private: 'a private network',
  uniqueLocal: 'a private network',
  deprecatedSiteLocal: 'a private network',
  carrierGradeNat: 'a private network of a provider',
  linkLocal: 'the local link, where clouds keep their metadata',
  multicast: 'a group of machines',
  broadcast: 'all machines of a network',
  ipv4Mapped: 'an IPv4 address in disguise',
  rfc6145: 'an IPv4 address in disguise',
  rfc6052: 'an IPv4 address in disguise',
  '6to4': 'a tunnel to an IPv4 address',
  teredo: 'a tunnel to an IPv4 address',
};

function sayRange(range: string): string {
  return WORDS[range] ?? 'an address for special purposes';
}
