/** A JSON object of a stream. Nothing of it is known for certain after another dialect has had it. */
export type Chunk = Record<string, unknown>

/** Rewrites one stream: it gets each chunk, and gives what goes over the wire in its place. It may keep state. */
export type Rewrite = (chunk: Chunk) => readonly (Chunk | string | null)[]

/** How a server speaks OpenAI's wire in its own way. */
export interface Dialect {
  /** Which API it is a dialect of. */
  readonly api: 'chat' | 'responses'
  /** Describes its oddity, for the tables in the README and in `--help`. */
  readonly effect: string
  /** Makes what rewrites one stream. */
  readonly rewrite?: () => Rewrite
  /** Whether `[DONE]` is left out. */
  readonly hasNoDone?: true
  /** Whether the connection stays open after the last chunk. */
  readonly staysOpen?: true
  /** Whether the answer is one JSON object, although a stream was asked for. */
  readonly isWhole?: true
}

type Change = (choice: Chunk, delta: Chunk) => void

/** Changes the choice of each chunk that has one. */
function each(change: Change): () => Rewrite {
  return () => (chunk) => {
    const [choice] = listOf(chunk.choices)
    if (choice !== undefined) change(choice, objectOf(choice.delta) ?? {})
    return [chunk]
  }
}

/** Changes each tool call of each delta. */
function eachCall(change: (call: Chunk, called: Chunk) => void): () => Rewrite {
  return each((_choice, delta) => {
    for (const call of listOf(delta.tool_calls)) change(call, objectOf(call.function) ?? {})
  })
}

const reason = (text: string) => each((choice) => (choice.finish_reason ??= text))

/** The dialects, in the order of the tables. */
export const dialects = {
  'reason-blank': {
    api: 'chat',
    effect: '`finish_reason` is `""` in each chunk (Ollama, SGLang)',
    rewrite: reason(''),
  },
  'reason-null': {
    api: 'chat',
    effect: '`finish_reason` is the text `"null"` in each chunk',
    rewrite: reason('null'),
  },
  'reason-stop': {
    api: 'chat',
    effect: '`finish_reason` is `stop` in each chunk (gateways)',
    rewrite: reason('stop'),
  },
  'reason-missing': {
    api: 'chat',
    effect: 'there is no `finish_reason` (some local servers)',
    rewrite: each((choice) => (choice.finish_reason = null)),
  },
  'no-done': { api: 'chat', effect: 'there is no `[DONE]`', hasNoDone: true },
  'stays-open': {
    api: 'chat',
    effect: 'the connection stays open after the last chunk, and there is no `[DONE]`',
    hasNoDone: true,
    staysOpen: true,
  },
  pings: {
    api: 'chat',
    effect:
      'between chunks there are comments, `null`, pings, and chunks without choices or delta (gateways, Azure)',
    rewrite: () => (chunk) => [
      ': PROCESSING',
      null,
      { type: 'ping' },
      { id: 'x', choices: null },
      { id: 'x', choices: [{ index: 0, delta: null, finish_reason: null }] },
      chunk,
    ],
  },
  blocks: {
    api: 'chat',
    effect: '`content` is a list of blocks, `thinking` among them (Mistral)',
    rewrite: each((_choice, delta) => {
      const { content, reasoning_content: thinking } = delta
      if (typeof content === 'string') delta.content = [{ type: 'text', text: content }]
      if (typeof thinking !== 'string') return
      delete delta.reasoning_content
      delta.content = [{ type: 'thinking', thinking: [{ type: 'text', text: thinking }] }]
    }),
  },
  reasoning: {
    api: 'chat',
    effect: 'reasoning comes in `reasoning`, beside a blank `reasoning_content` (OpenRouter, vLLM)',
    rewrite: each((_choice, delta) => {
      if (delta.reasoning_content === undefined) return
      delta.reasoning = delta.reasoning_content
      delta.reasoning_content = ''
    }),
  },
  message: {
    api: 'chat',
    effect: 'chunks have a `message` in place of a `delta`',
    rewrite: each((choice, delta) => {
      choice.message = delta
      delete choice.delta
    }),
  },
  choices: {
    api: 'chat',
    effect: 'a second choice says something else between the chunks of the first',
    rewrite: () => (chunk) => {
      const [choice] = listOf(chunk.choices)
      if (choice === undefined) return [chunk]
      const other = { ...choice, index: 1, delta: { content: 'other ' } }
      return [chunk, { ...chunk, choices: [other] }]
    },
  },
  'calls-without-index': {
    api: 'chat',
    effect: 'tool calls have no `index` (Gemini’s endpoint for OpenAI’s client)',
    rewrite: eachCall((call) => delete call.index),
  },
  'calls-index-text': {
    api: 'chat',
    effect: 'the `index` of a tool call is text',
    rewrite: eachCall((call) => (call.index = String(call.index))),
  },
  'calls-index-0': {
    api: 'chat',
    effect: 'each tool call has the index 0 and comes whole (Ollama)',
    rewrite: () => wholeCalls((call) => ({ ...call, index: 0 })),
  },
  'calls-object': {
    api: 'chat',
    effect: 'tool calls come whole, and `arguments` is an object',
    rewrite: () =>
      wholeCalls((call) => {
        const called = objectOf(call.function) ?? {}
        return { ...call, function: { ...called, arguments: JSON.parse(String(called.arguments) || '{}') } }
      }),
  },
  'function-call': {
    api: 'chat',
    effect: 'a tool call is a `function_call`, as before there were several',
    rewrite: each((choice, delta) => {
      const [call] = listOf(delta.tool_calls)
      if (call !== undefined) {
        delta.function_call = call.function
        delete delta.tool_calls
      }
      if (choice.finish_reason === 'tool_calls') choice.finish_reason = 'function_call'
    }),
  },
  'usage-null': {
    api: 'chat',
    effect: 'the usage has `null` for the tokens of the answer',
    rewrite: () => (chunk) => {
      const usage = objectOf(chunk.usage)
      return [usage === undefined ? chunk : { ...chunk, usage: { ...usage, completion_tokens: null } }]
    },
  },
  'usage-x-groq': {
    api: 'chat',
    effect: 'the usage is in `x_groq` (Groq)',
    rewrite: () => (chunk) => {
      const { usage, ...rest } = chunk
      return [objectOf(usage) === undefined ? chunk : { ...rest, x_groq: { usage } }]
    },
  },
  'error-number': {
    api: 'chat',
    effect: 'an error in the stream has a number as its code: 502 (OpenRouter)',
    rewrite: () => error(() => ({ error: { code: 502, message: 'Provider returned error' } })),
  },
  'error-bare': {
    api: 'chat',
    effect: 'an error in the stream has no wrapper (vLLM)',
    rewrite: () =>
      error(() => ({ object: 'error', message: 'boom', type: 'InternalServerError', code: 500 })),
  },
  whole: {
    api: 'chat',
    effect: 'the answer is one JSON object, although a stream was asked for',
    isWhole: true,
  },
  'numbers-zero': {
    api: 'responses',
    effect: 'each event has the sequence number 0',
    rewrite: () => (event) => [{ ...event, sequence_number: 0 }],
  },
  'done-only': {
    api: 'responses',
    effect: 'there are no deltas: text and arguments come in the events that end them',
    rewrite: () => (event) => (String(event.type).endsWith('.delta') ? [] : [event]),
  },
} as const satisfies Record<string, Dialect>

/** The name of a dialect: `reason-blank`, `pings`, … */
export type DialectName = keyof typeof dialects

/** The dialect of a name, for an API. `undefined`: there is none. */
export function dialectFor(name: string | undefined, api: Dialect['api']): Dialect | undefined {
  if (name === undefined || !isDialectName(name)) return undefined
  const dialect: Dialect = dialects[name]
  return dialect.api === api ? dialect : undefined
}

/** Whether a text is the name of a dialect. */
export function isDialectName(name: string): name is DialectName {
  return Object.hasOwn(dialects, name)
}

/** Holds the fragments of tool calls back, and sends each call whole before the chunk that follows them. */
function wholeCalls(change: (call: Chunk) => Chunk): Rewrite {
  let calls: Chunk[] = []
  return (chunk) => {
    const delta = objectOf(listOf(chunk.choices)[0]?.delta)
    const fragments = listOf(delta?.tool_calls)
    if (fragments.length > 0) {
      for (const fragment of fragments) calls = joined(calls, fragment)
      return []
    }
    const whole = calls.map((call) => ({
      ...chunk,
      usage: null,
      choices: [{ index: 0, delta: { tool_calls: [change(call)] }, finish_reason: null }],
    }))
    calls = []
    return [...whole, chunk]
  }
}

function joined(calls: readonly Chunk[], fragment: Chunk): Chunk[] {
  const called = objectOf(fragment.function) ?? {}
  const known = calls.find(({ index }) => index === fragment.index)
  if (known === undefined) return [...calls, fragment]
  const before = objectOf(known.function) ?? {}
  const text = `${before.arguments ?? ''}${called.arguments ?? ''}`
  return calls.map((call) => (call === known ? { ...known, function: { ...before, arguments: text } } : call))
}

function error(shape: () => Chunk): Rewrite {
  return (chunk) => [chunk.error === undefined ? chunk : shape()]
}

function objectOf(value: unknown): Chunk | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Chunk) : undefined
}

function listOf(value: unknown): readonly Chunk[] {
  return Array.isArray(value) ? value.map(objectOf).filter((one) => one !== undefined) : []
}
