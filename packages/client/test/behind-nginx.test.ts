import { startNginx } from '@sluice/programs/nginx'
import { afterEach, expect, test, vi } from 'vitest'
import { createClient, type Notice, sse } from '../src/index.ts'
import { BothServer } from './servers.ts'

let server: BothServer | undefined
let nginx: Awaited<ReturnType<typeof startNginx>> | undefined
afterEach(async () => {
  vi.useRealTimers()
  await nginx?.stop()
  await server?.close()
})

test('behind an nginx that buffers whatever the server says: it is noticed, and waited for', async () => {
  const begun = Promise.withResolvers<void>()
  const finished = Promise.withResolvers<void>()
  server = await BothServer.listen(async function* () {
    yield 'first '
    begun.resolve()
    await finished.promise
    yield 'last'
  })
  const target = `http://127.0.0.1:${server.port}`
  nginx = await startNginx(
    (folder, port) => `
      pid ${folder}/pid;
      events {}
      http {
        access_log off;
        client_body_temp_path ${folder}/body;
        proxy_temp_path ${folder}/proxy;
        fastcgi_temp_path ${folder}/fastcgi;
        uwsgi_temp_path ${folder}/uwsgi;
        scgi_temp_path ${folder}/scgi;
        server {
          listen 127.0.0.1:${port};
          location / {
            # Over HTTP/1.0, nginx's default for long, it holds a body back until a buffer is full.
            proxy_http_version 1.0;
            proxy_pass ${target};
            proxy_ignore_headers X-Accel-Buffering;
            proxy_buffering on;
          }
        }
      }`,
  )
  // The network is real; only the client does not really wait.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const client = createClient({ transport: sse({ url: `${nginx.url}/streams` }), storage: null })
  const session = client.start('chat', 'x')
  const buffered = new Promise<Notice>((resolve) => {
    session.watch((notice) => notice.type === 'buffered' && resolve(notice))
  })
  await begun.promise

  await vi.advanceTimersByTimeAsync(20_000)
  await buffered
  expect(session.snapshot).toMatchObject({ text: '', ended: false, reconnects: 0, error: null })
  finished.resolve()
  expect(await session.done).toMatchObject({ state: 'completed', text: 'first last', reconnects: 0 })
  expect(server.runs).toHaveLength(1)
})
