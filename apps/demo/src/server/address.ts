import { isIPv6 } from 'node:net'

const GROUPS = 8
/** An IPv4 address as an IPv6 one (RFC 4291, section 2.5.5.2). */
const MAPPED = /^(?:0+:){5}f{4}:([\da-f]+):([\da-f]+)$/

/**
 * The part of an address that one customer has to itself: an IPv4 address, or the first 64 bits of an IPv6 one, of which
 * a customer has 2^64 (RFC 6177). A limit that counts whole IPv6 addresses is none.
 */
export function networkOf(address: string): string {
  // A zone, as in `fe80::1%eth0`, names the interface of this machine.
  const [plain = ''] = address.split('%')
  if (!isIPv6(plain)) return plain
  const groups = expanded(plain)
  const [, high, low] = MAPPED.exec(groups.join(':')) ?? []
  if (high === undefined || low === undefined) return `${groups.slice(0, GROUPS / 2).join(':')}::/64`
  const bytes = [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((two) => [two >> 8, two & 0xff])
  return bytes.join('.')
}

/** Its eight groups. `URL` writes dotted parts as groups, and leaves out one run of zeros. */
function expanded(address: string): string[] {
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = short.split('::')
  const before = head === '' ? [] : head.split(':')
  if (tail === undefined) return before
  const after = tail === '' ? [] : tail.split(':')
  return [...before, ...Array<string>(GROUPS - before.length - after.length).fill('0'), ...after]
}
