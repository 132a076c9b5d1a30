import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A request by hand, over a bare socket: what a client library would hide, or would not do. */
export async function rawRequest(
  port: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const text = body === undefined ? '' : JSON.stringify(body)
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
  return socket
}
