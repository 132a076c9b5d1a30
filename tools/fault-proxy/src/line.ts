import type { Socket } from 'node:net'
import { setTimeout as after, setImmediate as nextTurn } from 'node:timers/promises'
import { ChunkedBody } from './chunked-body.ts'
import type { Fault } from './fault.ts'

/** The end of a chunked body (RFC 9112 §7.1). */
const LAST_CHUNK = '0\r\n\r\n'

/** How many of `bytes` may pass now. If fewer, the line is about to be cut for another reason. */
export type Permit = (bytes: number) => number

/**
 * Carries what the server says to the client, and ends the connection as its fault wants it. Resolves when it has
 * ended: to `true` if that was the fault, or the `permit`.
 */
export async function carry(server: Socket, client: Socket, fault: Fault, permit: Permit): Promise<boolean> {
  const { ending, pieces, turns = 0, delayMs = 0 } = fault
  const body = new ChunkedBody()
  let left = ending === undefined ? Number.POSITIVE_INFINITY : (fault.after ?? 0)
  let turn = 0
  try {
    if (delayMs > 0) await after(delayMs)
    // A line that is silent still stands on the server's side.
    for await (const bytes of server.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      for (let at = 0; at < bytes.length; turn += 1) {
        const size = Math.min(pieces?.[turn % pieces.length] ?? bytes.length, bytes.length - at)
        const reached = reach(bytes.subarray(at, at + size), left, ending === 'truncate' ? body : undefined)
        const sent = permit(reached)
        if (sent > 0) await write(client, bytes.subarray(at, at + sent))
        if (sent < reached) return true
        at += sent
        left -= Math.min(left, sent)
        if (sent < size || (left === 0 && (ending !== 'truncate' || isEndable(body)))) {
          finish(server, client, fault, body)
          return true
        }
        for (let passed = 0; passed < turns; passed += 1) await nextTurn()
      }
    }
    client.end()
  } catch {
    // One of the two sides has gone.
    client.destroy()
  }
  return false
}

/** How many of the bytes pass before the ending: through `left`, and for a body on to the end of its chunk. */
function reach(bytes: Buffer, left: number, body: ChunkedBody | undefined): number {
  if (body === undefined) return Math.min(bytes.length, left)
  let sent = 0
  while (sent < bytes.length && (sent < left || !isEndable(body))) {
    body.take(bytes[sent]!)
    sent += 1
  }
  return sent
}

function isEndable({ isBetweenChunks, isUpgraded }: ChunkedBody): boolean {
  return isBetweenChunks || isUpgraded
}

function finish(server: Socket, client: Socket, { ending }: Fault, body: ChunkedBody): void {
  if (ending === 'silence') {
    // Both stand, and neither hears of the other again.
    client.unpipe(server)
    client.resume()
    server.resume()
    return
  }
  server.destroy()
  if (ending === 'reset') client.resetAndDestroy()
  else client.end(body.isBetweenChunks ? LAST_CHUNK : '')
}

/** Resolves when the bytes have left. */
function write(client: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}
