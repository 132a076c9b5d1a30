import { type Test, test } from 'tap'
import { protocols } from './protocols.ts'
import { serve, type TestServer, type TestServerOptions } from './server.ts'

/** A test's server, and a client for it, over one protocol. */
export interface Over {
  readonly fetch: typeof globalThis.fetch
  serve(t: Test, options?: TestServerOptions): Promise<TestServer>
}

/** Runs a test over HTTP/1.1, and the same over HTTP/2. */
export function overEach(title: string, run: (t: Test, over: Over) => Promise<void>): void {
  for (const protocol of protocols) {
    test(`${title}, over ${protocol.name}`, (t) =>
      run(t, {
        fetch: protocol.fetch,
        serve: (t, options = {}) => serve(t, options, protocol),
      }))
  }
}
