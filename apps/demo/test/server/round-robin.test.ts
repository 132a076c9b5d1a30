import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Instance } from '../../scripts/cluster/instance.ts'
import { RoundRobin } from '../../scripts/cluster/round-robin.ts'

/** An instance that says its name, and whether it is ready. */
async function startInstance(name: string, answer: RequestListener = (_, response) => response.end(name)) {
  const state = { isReady: true }
  const server = createServer((request, response) => {
    if (request.url !== '/health/ready') answer(request, response)
    else response.writeHead(state.isReady ? 200 : 503).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { state, server, port: (server.address() as AddressInfo).port }
}

async function startProxy(...ports: readonly number[]) {
  const proxy = await RoundRobin.listen(0, '127.0.0.1')
  onTestFinished(() => proxy.close())
  for (const port of ports) proxy.add(port)
  await proxy.whenReady(ports.length)
  /** On a connection of its own. */
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${proxy.port}/`, { headers: { connection: 'close' } })
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      text: await response.text(),
    }
  }
  return { proxy, ask }
}

test('connections go to those in turn that are ready', async () => {
  const [a, b] = await Promise.all([startInstance('a'), startInstance('b')])
  const { proxy, ask } = await startProxy(a.port, b.port)
  const texts = [await ask(), await ask(), await ask(), await ask()].map(({ text }) => text)
  expect(texts.toSorted()).toEqual(['a', 'a', 'b', 'b'])

  b.state.isReady = false
  await expect.poll(() => proxy.ready).toEqual([a.port])
  expect([await ask(), await ask()].map(({ text }) => text)).toEqual(['a', 'a'])
  b.state.isReady = true
  await proxy.whenReady(2)
})

test('one that takes no connection is passed over, whatever it said a moment ago', async () => {
  const [a, b] = await Promise.all([startInstance('a'), startInstance('b')])
  const { ask } = await startProxy(a.port, b.port)
  b.server.closeAllConnections()
  b.server.close()
  await once(b.server, 'close')
  expect([await ask(), await ask()].map(({ text }) => text)).toEqual(['a', 'a'])
})

test('if no instance is ready, it says so, and when to come back', async () => {
  const { ask } = await startProxy()
  expect(await ask()).toEqual({ status: 503, retryAfter: '1', text: expect.stringContaining('ready') })
})

test('an instance that dies in the middle of an answer is a broken connection, and no end', async () => {
  const a = await startInstance('a', (request, response) => {
    response.write('half of it')
    setImmediate(() => request.socket.resetAndDestroy())
  })
  const { ask } = await startProxy(a.port)
  await expect(ask()).rejects.toThrow()
})

test('a process that ends is started anew, and one that is stopped is not', async () => {
  const ends: string[] = []
  const thrice = Promise.withResolvers<void>()
  const instance = new Instance({
    nodeArgs: ['-e', 'process.exit(3)'],
    env: process.env,
    onUp: () => {},
    onDown(how) {
      ends.push(how)
      if (ends.length === 3) thrice.resolve()
    },
  })
  await thrice.promise
  await instance.stop()
  expect(ends).toEqual(['exit code 3', 'exit code 3', 'exit code 3'])
  expect(instance.pid).toBeUndefined()
})
