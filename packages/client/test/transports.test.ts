import { StreamingError } from '@sluice/core'
import { launchChromium } from '@sluice/programs/chromium'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Behaviour, behaviours, type Came, type World } from './behaviours.ts'
import { bundle } from './bundle.ts'
import { BothServer, type Script, type TransportName, transports } from './servers.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const words = 'né 漢 👩‍👩‍👧 '.repeat(200).split(/(?<= )/)
const whole = words.join('')
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

const speaking: Script = async function* () {
  yield* words
  yield { type: 'finish', finishReason: 'stop' }
}

const pending: Script = async function* (_input, signal) {
  yield 'so far'
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

/** Lets a script that goes step by step go on by one. None is lost that comes before it waits. */
let next = () => {}
function stepByStep(pieces: readonly string[]): Script {
  let steps = 0
  let onStep = () => {}
  next = () => {
    steps += 1
    onStep()
  }
  return async function* () {
    for (const piece of pieces) {
      if (steps === 0) {
        await new Promise<void>((resolve) => {
          onStep = resolve
        })
      }
      steps -= 1
      yield piece
    }
  }
}

let server: BothServer
const listen = async (...options: Parameters<typeof BothServer.listen>) => {
  server = await BothServer.listen(...options)
  return server
}
const control: World['control'] = async (act) => {
  if (act === 'cut') server.cut()
  if (act === 'next') next()
  if (act === 'close') await server.close()
}
const world = (transport: TransportName): World => ({
  transport,
  origin: `http://127.0.0.1:${server.port}`,
  control,
})

let browser: Browser
let script: string
beforeAll(async () => {
  const source = `import { behaviours } from './behaviours.ts'; globalThis.behaviours = behaviours`
  const bundled = await bundle(source, 'iife')
  script = bundled.code
  browser = await launchChromium()
})
afterAll(() => browser?.close())
afterEach(async () => {
  await server.close()
  expect(server.hub.load).toEqual({ streams: 0, viewers: 0 })
  expect(server.app.sluiceConnections.size).toBe(0)
})

type Place = <B extends Behaviour>(behaviour: B, transport: TransportName) => Promise<Came<B>>

const inNode: Place = (behaviour, transport) => behaviours[behaviour](world(transport)) as never

const inChromium: Place = async (behaviour, transport) => {
  const page = await browser.newPage()
  try {
    await page.exposeFunction('control', control)
    await page.goto(`${world(transport).origin}/page`)
    await page.addScriptTag({ content: script })
    return await page.evaluate(
      ([name, over]) => {
        const {
          behaviours: all,
          control: act,
          location,
        } = globalThis as never as {
          behaviours: Record<string, (world: object) => Promise<never>>
          control: unknown
          location: { origin: string }
        }
        return all[name]!({ transport: over, origin: location.origin, control: act })
      },
      [behaviour, transport] as const,
    )
  } finally {
    await page.close()
  }
}

describe.each([
  ['in Node', inNode],
  ['in Chromium', inChromium],
] as const)('%s', (_, run) => {
  describe.each(transports)('over %s', (name) => {
    test('start: every word, once, and the end', async () => {
      const { runs } = await listen(speaking)
      const { ids, last } = await run('start', name)
      expect(last).toMatchObject({ state: 'completed', text: whole, finishReason: 'stop' })
      expect(ids).toEqual(upTo(words.length + 2))
      expect(runs).toEqual(['hello'])
    })

    test('start with a key that is known finds the same stream', async () => {
      const { runs } = await listen(pending)
      const { ids } = await run('startTwiceWithOneKey', name)
      expect(ids[0]).toBe(ids[1])
      expect(runs).toEqual(['once'])
    })

    test('resume: cut off again and again, it is the same text of one generation', async () => {
      const { runs } = await listen(stepByStep(words))
      const { ids, last } = await run('cutAgainAndAgain', name)
      expect(last).toMatchObject({ state: 'completed', text: whole })
      expect(ids).toEqual(upTo(words.length + 2))
      expect(last.reconnects).toBeGreaterThanOrEqual(5)
      expect(runs).toHaveLength(1)
    })

    test('resume after a reload: from the beginning, from what was kept, and from the end', async () => {
      const { runs } = await listen(speaking)
      const { fromTheStart, fromKept, fromTheEnd } = await run('attach', name)
      for (const last of [fromTheStart, fromKept, fromTheEnd]) {
        expect(last).toMatchObject({ state: 'completed', text: whole })
      }
      expect(runs).toHaveLength(1)
    })

    test('a cursor beyond the end is read anew from the start', async () => {
      await listen(speaking)
      expect(await run('attachBeyondTheEnd', name)).toMatchObject({
        state: 'completed',
        text: whole,
        revision: 1,
      })
    })

    test('cancel stops the generation, and every viewer sees it', async () => {
      await listen(pending)
      const { own, other } = await run('cancel', name)
      expect(own.state).toBe('cancelled')
      expect(other).toMatchObject({ state: 'cancelled', cancelReason: 'cancelled' })
      await expect.poll(() => server.hub.load.streams).toBe(0)
    })

    test('cancel before the id is known goes by the key', async () => {
      await listen(pending)
      expect((await run('cancelBeforeTheIdIsKnown', name)).state).toBe('cancelled')
      await expect.poll(() => server.hub.load.streams).toBe(0)
    })

    test('two viewers of one client follow the same stream, each from its own place', async () => {
      await listen(speaking)
      const { first, second } = await run('twoViewers', name)
      expect([first.text, second.text]).toEqual([whole, whole])
    })

    test('a slow viewer holds nobody up, and loses nothing', async () => {
      await listen(async function* () {
        for (let index = 0; index < 3_000; index++) yield `${index} `
      })
      const { quick, seen, slow } = await run('slowViewer', name)
      expect(quick.state).toBe('completed')
      expect(seen).toBe(3_002)
      expect(slow.text).toBe(quick.text)
    })

    test('owner: what is somebody else’s looks as if it were not there', async () => {
      await listen(pending, {
        owner: ({ headers }) =>
          headers['x-user']?.toString() ?? headers['sec-websocket-protocol']?.split(',').at(-1)?.trim(),
      })
      expect((await run('strangers', name)).error).toMatchObject({ type: 'not_found', status: 404 })
    })

    test('errors before the stream exists have their type, and say what is wrong', async () => {
      await listen(speaking)
      const { wrong, unknown, absent } = await run('refusals', name)
      expect(wrong.error).toMatchObject({ type: 'invalid_request', status: 400, recoverable: false })
      expect(wrong.error?.issues).toHaveLength(1)
      expect(unknown.error?.type).toBe('not_found')
      expect(absent.error?.type).toBe('not_found')
    })

    test('errors in the middle end the stream with their type', async () => {
      await listen(async function* () {
        yield 'before'
        throw new StreamingError('content_filter', 'Not this.')
      })
      expect(await run('toTheEnd', name)).toMatchObject({
        state: 'error',
        text: 'before',
        error: { type: 'content_filter', message: 'Not this.' },
      })
    })

    test('what a retry of the provider made void is not in the text', async () => {
      let attempts = 0
      await listen(async function* () {
        attempts += 1
        yield attempts === 1 ? 'void' : 'valid'
        if (attempts === 1) throw new StreamingError('api_error')
      })
      expect(await run('toTheEnd', name)).toMatchObject({ text: 'valid', revision: 1 })
    })

    test('shutdown ends what runs with an error that says so', async () => {
      await listen(pending)
      expect(await run('shutdown', name)).toMatchObject({
        state: 'error',
        text: 'so far',
        error: { type: 'shutting_down' },
      })
    })
  })

  test('a stream begun over SSE goes on over WebSocket, and back', async () => {
    const pieces = upTo(30).map((index) => `${index} `)
    await listen(stepByStep(pieces))
    const { lastChunkId, last } = await run('changeOfTransports', 'sse')
    expect(lastChunkId).toBeGreaterThanOrEqual(24)
    expect(last).toMatchObject({ state: 'completed', text: pieces.join('') })
    expect(server.runs).toHaveLength(1)
  })
})
