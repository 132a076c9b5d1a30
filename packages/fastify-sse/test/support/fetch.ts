import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { Readable } from 'node:stream'

/** What the tests are run over. `http2.test.ts` runs them a second time. */
export const protocol: 'HTTP/1.1' | 'HTTP/2' =
  process.env.SLUICE_TEST_PROTOCOL === 'HTTP/2' ? 'HTTP/2' : 'HTTP/1.1'

const sessions = new Map<string, ClientHttp2Session>()

/** `fetch` over the protocol of this run. */
export const fetch: typeof globalThis.fetch = protocol === 'HTTP/2' ? overHttp2 : globalThis.fetch

/** As much of `fetch` as the tests need, over cleartext HTTP/2, which the global one does not speak. */
async function overHttp2(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const url = new URL(input as string)
  const stream = sessionOf(url.origin).request(
    {
      ':method': init.method ?? 'GET',
      ':path': url.pathname + url.search,
      ...(init.headers as Record<string, string>),
    },
    init.signal ? { signal: init.signal } : {},
  )
  stream.on('error', () => {})
  stream.end(init.body as string | undefined)
  const [received] = await once(stream, 'response')
  const headers = Object.entries(received as Record<string, string>).filter(([name]) => !name.startsWith(':'))
  const status = Number(received[':status'])
  const body = status === 204 || init.method === 'HEAD' ? null : Readable.toWeb(stream)
  if (body === null) stream.resume()
  return new Response(body as ReadableStream | null, {
    status,
    headers: headers.map(([name, value]) => [name, `${value}`]),
  })
}

function sessionOf(origin: string): ClientHttp2Session {
  let session = sessions.get(origin)
  if (session === undefined) {
    session = connect(origin)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(origin))
    session.unref()
    sessions.set(origin, session)
  }
  return session
}
