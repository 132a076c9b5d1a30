import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { launchFirefox } from './firefox.ts'

test('the Firefox that is installed renders a page, and says what it asks for', {
  timeout: 60_000,
}, async () => {
  const server = createServer((_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<title>Hello</title><link rel=icon href=data:,>'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { page, close } = await launchFirefox()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  page.takeRequests()
  expect(await page.evaluate('document.title')).toBe('Hello')
  const image = 'Object.assign(new Image(), { src: "https://a.example/x" })'
  await page.evaluate(`new Promise((done) => { ${image}.onerror = () => done(0) })`)
  expect(page.takeRequests()).toEqual(['https://a.example/x'])
  await close()
  server.close()
})
