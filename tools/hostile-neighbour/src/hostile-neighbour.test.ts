import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AttackName } from './attacks.ts'
import { longestPause, type Results, Scene, textOf } from './scene.ts'
import type { ServerReport } from './server.ts'
import type { Reading } from './viewers.ts'

const VIEWERS = 100
const SECONDS = Number(process.env.SLUICE_SECONDS ?? 3)
/** Only the soak has the machine to itself. Elsewhere the figure says more about the machine than about the server. */
const IS_SOAK = process.env.SLUICE_SECONDS !== undefined
/** A pause that a reader of growing text does not notice. The pace is one number in 40 ms. */
const MAX_PAUSE_MS = 100
const MiB = 1024 * 1024

let scene: Scene
let alone: readonly Reading[]
let beside: readonly Reading[]
let results: Results
let during: ServerReport
let after: ServerReport

beforeAll(async () => {
  scene = await Scene.begin()
  alone = await scene.read(VIEWERS, Math.min(SECONDS, 10))
  await scene.report()
  await scene.attack()
  beside = await scene.read(VIEWERS, SECONDS)
  during = await scene.report()
  results = await scene.peace()
  after = await scene.cancel('eve')
  while (after.viewers > 0 || after.streams > 0) after = await scene.report()
  const total = Object.values(results)
    .flatMap(Object.values)
    .reduce((sum, count) => sum + count, 0)
  console.log(
    `${VIEWERS} viewers for ${SECONDS} s beside ${total} hostile requests: the longest pause was ` +
      `${longestPause(beside).toFixed(0)} ms, and ${longestPause(alone).toFixed(0)} ms without them`,
  )
  console.log(JSON.stringify(results, null, 1))
  const memory = (during.rssBytes / MiB).toFixed(0)
  console.log(`the server’s longest turn was ${during.longestTurnMs.toFixed(0)} ms, its memory ${memory} MiB`)
}, 600_000)

afterAll(() => scene.end())

describe(`beside a hostile neighbour, ${VIEWERS} honest viewers`, () => {
  test('get every word of their answers', () => {
    for (const { isComplete, text } of beside) {
      expect(isComplete).toBe(true)
      expect(text).toBe(textOf(SECONDS))
    }
  })

  test(`pause for ${MAX_PAUSE_MS} ms at most, or as long as they would without it (only the soak asserts it)`, () => {
    const longestMs = longestPause(beside)
    // If the machine itself stands still, they pause without any neighbour.
    if (IS_SOAK) expect(longestMs).toBeLessThanOrEqual(Math.max(MAX_PAUSE_MS, 2 * longestPause(alone)))
    else expect(longestMs).toBeGreaterThan(0)
  })

  test(`wait for no turn of the server that is longer than ${MAX_PAUSE_MS} ms (only the soak asserts it)`, () => {
    expect(during.longestTurnMs).toBeGreaterThan(0)
    if (IS_SOAK) expect(during.longestTurnMs).toBeLessThanOrEqual(MAX_PAUSE_MS)
  })
})

/** The answers that an attack may have. Everything else is a defect, above all an error 5xx. */
const allowed: Readonly<Record<AttackName, RegExp>> = {
  'start flood': /^(200|429)$/,
  'huge inputs': /^(400|413|429)$/,
  'forged cursors': /^(204|400|404|410|429)$/,
  'slow readers': /^done$/,
  // 410: its own excess has it lose the beginnings of its streams.
  'reconnect storm': /^(200|410|429)$/,
  ghosts: /^left$/,
  // 1006: the socket was cut before the close frame could leave.
  'WebSocket flood': /^(4429|1006|1013)$/,
}

describe('the hostile neighbour', () => {
  test.each(Object.keys(allowed) as AttackName[])('has its %s refused', (name) => {
    const answers = Object.keys(results[name])
    expect(answers.length).toBeGreaterThan(0)
    for (const answer of answers) expect(answer).toMatch(allowed[name])
  })

  test('starts no more than 300 streams a minute, and has no more than 200', () => {
    const begun = Math.ceil((SECONDS + 2) / 60) * 300 + 300
    expect(results['start flood']['200'] ?? 0).toBeLessThanOrEqual(begun)
    expect(results['start flood']['429']).toBeGreaterThan(0)
    expect(during.streams).toBeLessThanOrEqual(200 + VIEWERS)
  })

  test('takes no more than a quarter of the log, and the piece of memory that each stream had begun', () => {
    // What the honest viewers read is in this figure too: a piece each.
    const begun = (200 + VIEWERS) * (MiB / 16)
    expect(during.logBytes).toBeLessThanOrEqual(64 * MiB + begun)
  })

  test('leaves no ghost behind', () => {
    expect(after).toMatchObject({ viewers: 0, streams: 0 })
  })
})
