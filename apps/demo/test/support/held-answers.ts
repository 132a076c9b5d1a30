import { Gate } from './gate.ts'

/** A `fetch` for the model's client that can stop answers in the middle until a test opens a gate. */
export class HeldAnswers {
  readonly #next: (readonly Hold[])[] = []

  /** The next answer stops after this many tokens, or a few more, until the returned gate is open. */
  hold(afterTokens = 300): Gate {
    return this.holdTwice(afterTokens, Number.POSITIVE_INFINITY)[0]
  }

  /** The next answer stops at two places, each with a gate of its own. */
  holdTwice(first: number, second: number): [Gate, Gate] {
    const holds = [first, second].map((after) => ({ after, gate: new Gate() }))
    this.#next.push(holds)
    return [holds[0]!.gate, holds[1]!.gate]
  }

  /** Forgets those that no answer has met. */
  reset(): void {
    this.#next.length = 0
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const held = this.#next.shift()
    const response = await fetch(input, init)
    if (held === undefined || response.body === null) return response
    return new Response(heldBody(response.body, held, init?.signal), response)
  }
}

interface Hold {
  readonly after: number
  readonly gate: Gate
}

function heldBody(
  body: ReadableStream<Uint8Array>,
  holds: readonly Hold[],
  signal: AbortSignal | null | undefined,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const text = new TextDecoder()
  let events = 0
  return new ReadableStream({
    start(controller) {
      // The body itself fails too, but is not read while it is held.
      signal?.addEventListener('abort', () => controller.error(signal.reason), { once: true })
    },
    async pull(controller) {
      for (const { after, gate } of holds) if (events >= after) await gate.pass()
      const { done, value } = await reader.read()
      if (signal?.aborted) return
      if (done) return controller.close()
      // A token is an event, which ends with an empty line.
      events += text.decode(value, { stream: true }).split('\n\n').length - 1
      controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
