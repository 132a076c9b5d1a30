// @vitest-environment jsdom

import { StreamingError } from '@sluice/core'
import { act, cleanup, type RenderResult, render } from '@testing-library/react'
import fc from 'fast-check'
import { Activity, createElement, StrictMode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { StreamClient, StreamSession } from '../../src/index.ts'
import { type UseStreamResult, useStream } from '../../src/react/index.ts'
import { LocalServer, TabStorage } from './local-server.ts'

const RUNS = Number(process.env.SLUICE_RUNS ?? 300)

const ACTS = [
  'start',
  'stop',
  'retry',
  'dismiss',
  'unmount',
  'mount',
  'hide',
  'show',
  'other client',
  'other place',
  'say',
  'complete',
  'fail',
  'take over',
  'hold',
  'release',
  'refuse to stop',
  'wait',
] as const
type Act = (typeof ACTS)[number]

let shown: UseStreamResult<unknown, unknown> | undefined

interface AnswerProps {
  readonly client: StreamClient
  readonly place: 'here' | 'there'
}

function Answer({ client, place }: AnswerProps) {
  shown = useStream(client, 'chat', { resume: place })
  return shown.text
}

/** A page, its server, and what is to be expected of them. */
class Story {
  readonly #server = new LocalServer()
  readonly #storage = new TabStorage()
  readonly #clients = [this.#server.client(this.#storage), this.#server.client(this.#storage)]
  readonly #sessions: StreamSession<unknown>[] = []
  #client = 0
  #isVisible = true
  #page: Pick<RenderResult, 'container' | 'rerender' | 'unmount'> | undefined
  #place: 'here' | 'there' = 'here'
  /** The inputs that were started last in each place, and not dismissed. */
  readonly #inputs = { here: -1, there: -1 }
  #starts = 0
  readonly #started: number[] = []

  get #input(): number {
    return this.#inputs[this.#place]
  }

  set #input(input: number) {
    this.#inputs[this.#place] = input
  }

  async do(what: Act): Promise<void> {
    // Whether these do anything is read from what is shown: that has to be up to date.
    if (what === 'retry' || what === 'dismiss') await act(async () => {})
    const generation = this.#server.generations.at(-1)
    if (what === 'wait') await act(() => vi.advanceTimersByTimeAsync(50))
    else if (what === 'say') await act(async () => generation?.say(`${generation.events.length} `))
    else if (what === 'complete') await act(async () => generation?.complete())
    else if (what === 'fail') await act(async () => generation?.fail('api_error'))
    else if (what === 'take over')
      await act(async () => generation?.ended === false && this.#server.takeOver())
    else act(() => this.#doAtOnce(what))
  }

  #doAtOnce(what: Exclude<Act, 'wait' | 'say' | 'complete' | 'fail' | 'take over'>): void {
    switch (what) {
      case 'start':
        if (shown === undefined) break
        this.#input = this.#starts++
        this.#started.push(this.#input)
        this.#sessions.push(shown.start(this.#input))
        break
      case 'stop':
        shown?.stop().catch(() => {})
        break
      case 'retry':
        if (shown?.canRetry) this.#started.push(this.#input)
        shown?.retry()
        break
      case 'dismiss':
        // While it is hidden, it is not rendered, and does not show what was started.
        if (shown?.session !== undefined || !this.#isVisible) this.#input = -1
        shown?.dismiss()
        break
      case 'unmount':
        this.#page?.unmount()
        this.#page = undefined
        shown = undefined
        break
      case 'other client':
        this.#client = 1 - this.#client
        if (this.#page !== undefined) this.#render()
        break
      case 'other place':
        // While it is hidden, its effects do not hear of it, and a start belongs to the previous place.
        if (!this.#isVisible) break
        this.#place = this.#place === 'here' ? 'there' : 'here'
        if (this.#page !== undefined) this.#render()
        break
      case 'hold':
        this.#server.release()
        this.#server.hold()
        break
      case 'release':
        this.#server.release()
        break
      case 'refuse to stop':
        this.#server.refusal = new StreamingError('permission_denied')
        break
      default:
        if (what !== 'mount') this.#isVisible = what === 'show'
        if (what === 'mount' || this.#page !== undefined) this.#render()
    }
  }

  #render(): void {
    const children = createElement(Answer, { client: this.#clients[this.#client]!, place: this.#place })
    const page = createElement(Activity, { mode: this.#isVisible ? 'visible' : 'hidden', children })
    if (this.#page === undefined) this.#page = render(page, { wrapper: StrictMode })
    else this.#page.rerender(page)
  }

  /** When all has come to rest, it shows what was produced of what was started last. */
  async settle(): Promise<void> {
    for (const what of ['release', 'mount', 'show', 'wait', 'wait'] as const) await this.do(what)
    const { generations } = this.#server
    const { session, streamId, state, text, isRunning } = shown!
    const generation = generations.find((each) => each.streamId === streamId)
    const expected = generations.findLast(({ input }) => input === this.#input)
    if (session === undefined) expect(expected?.ended ?? true).toBe(true)
    else if (streamId === null) expect([state, expected?.ended ?? true]).toEqual(['cancelled', true])
    else {
      // A stream that was begun anew meanwhile is stopped too, and not read.
      if (state === 'cancelled') {
        expect(generation?.newest).toBe(expected?.newest)
        expect(expected?.ended).toBe(true)
        expect(generation?.text.startsWith(text)).toBe(true)
        expect(isRunning).toBe(false)
      } else {
        expect(generation).toBe(expected)
        expect(text).toBe(generation?.text)
        expect(isRunning).toBe(!generation?.ended)
      }
    }
    expect(this.#page?.container.textContent).toBe(text)
    expect(this.#server.open.size).toBe(isRunning ? 1 : 0)
    for (const input of new Set(generations.map((each) => each.input))) {
      const count = (inputs: readonly unknown[]) => inputs.filter((each) => each === input).length
      // A start that another server restarts is the same start.
      const begun = generations.filter(({ successor }) => successor === undefined)
      expect(count(begun.map((each) => each.input))).toBeLessThanOrEqual(count(this.#started))
    }
  }

  /** When the page is gone, nobody reads. */
  async leave(): Promise<void> {
    await this.do('unmount')
    await this.do('wait')
    expect(this.#server.open.size).toBe(0)
    for (const { snapshot } of this.#sessions) expect(snapshot.ended).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test(
  'in any order of what people and networks do, the text is what was produced, and nothing stays open',
  async () => {
    const complaints = vi.spyOn(console, 'error')
    const acts = fc.array(fc.constantFrom(...ACTS), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(acts, async (story) => {
        shown = undefined
        const page = new Story()
        try {
          await page.do('mount')
          for (const what of story) await page.do(what)
          await page.settle()
          await page.leave()
        } finally {
          cleanup()
          vi.clearAllTimers()
        }
      }),
      { numRuns: RUNS },
    )
    expect(complaints).not.toHaveBeenCalled()
  },
  60_000 + 50 * RUNS,
)
