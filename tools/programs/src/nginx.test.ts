import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startNginx } from './nginx.ts'

test('an nginx does as it is configured, and leaves nothing when it is stopped', async () => {
  let own = ''
  const nginx = await startNginx((folder, port) => {
    own = folder
    return `pid ${folder}/pid; events {} http {
      access_log off; client_body_temp_path ${folder}/body;
      server { listen 127.0.0.1:${port}; return 200 "hello"; } }`
  })
  expect(await (await fetch(nginx.url)).text()).toBe('hello')
  await nginx.stop()
  await expect(fetch(nginx.url)).rejects.toThrow('fetch failed')
  expect(existsSync(own)).toBe(false)
})

test('a configuration that it does not take is an error, with what it says', async () => {
  await expect(startNginx(() => 'events {} nonsense;')).rejects.toThrow(/unknown directive "nonsense"/)
})
