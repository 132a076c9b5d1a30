import fc from 'fast-check'

/** One step of a schedule. Streams and viewers are named by numbers that wrap around, so any step is possible. */
export type Command =
  | { readonly do: 'start' }
  | { readonly do: 'say'; readonly stream: number; readonly words: readonly Word[] }
  | { readonly do: 'finish'; readonly stream: number }
  | { readonly do: 'end'; readonly stream: number }
  | { readonly do: 'cancel'; readonly stream: number }
  | { readonly do: 'fail'; readonly stream: number; readonly with: Failure }
  | {
      readonly do: 'attach'
      readonly stream: number
      /** 0: from the start; 1: from the end. */
      readonly at: number
      readonly limit: Limit | 'none'
      readonly room: number
      readonly maxFrameBytes: number
      readonly stallMs: number
      readonly temper: Temper
    }
  | { readonly do: 'drain'; readonly viewer: number; readonly frames: number }
  | { readonly do: 'ack'; readonly viewer: number; readonly limit: Limit }
  | { readonly do: 'drop'; readonly viewer: number }
  | { readonly do: 'comeBack'; readonly viewer: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'close'; readonly deadlineMs: number }
  /** How much of the process's memory is used. */
  | { readonly do: 'pressure'; readonly memory: number }
  | { readonly do: 'turn' }

/** A part for a source to yield, by its kind and length. */
export interface Word {
  readonly kind: 'content' | 'reasoning' | 'tool_call' | 'data'
  readonly length: number
}

export type Failure = 'recoverable' | 'rate_limit' | 'fatal' | 'unknown' | 'junk'

/** A limit, relative to what the viewer has, or wrong in one of the ways that a limit can be wrong. */
export type Limit =
  | { readonly ahead: number }
  | { readonly wrong: 'NaN' | 'negative' | 'zero' | 'huge' | 'Infinity' | '-Infinity' }

/** How a sink behaves: one in ten throws, on a write or at its end. */
export type Temper = 'good' | 'throws on write' | 'throws on end'

/** The options of the log, the definition and the hub of a schedule. */
export interface Setting {
  readonly maxStreamBytes: number
  /** All streams together, in streams. */
  readonly maxStreams: number
  readonly resumeMarginBytes: number
  readonly maxEventBytes: number
  readonly leadChunks: number
  readonly afterFirstChunk: 'fail' | 'restart'
  readonly cancelAfterMs: number
  readonly coalesce: boolean
  readonly heedsAbort: boolean
  /** Whether the log answers later, as a shared one does. */
  readonly isSlow: boolean
}

export interface Schedule {
  readonly setting: Setting
  readonly commands: readonly Command[]
}

const number = fc.nat({ max: 20 })
const wrong = fc.constantFrom('NaN', 'negative', 'zero', 'huge', 'Infinity', '-Infinity')
// fc.double would be next to 0 nearly always: it is uniform over the bits.
const ahead = fc
  .tuple(fc.integer({ min: -5, max: 60 }), fc.constantFrom(0, 0, 0, 0.5))
  .map(([n, half]) => n + half)
const limit: fc.Arbitrary<Limit> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ ahead }) },
  { weight: 1, arbitrary: fc.record({ wrong }) },
)
const words = fc.array(
  fc.record({
    kind: fc.constantFrom<Word['kind'][]>('content', 'content', 'content', 'reasoning', 'tool_call', 'data'),
    length: fc.oneof(
      { weight: 8, arbitrary: fc.nat({ max: 40 }) },
      { weight: 2, arbitrary: fc.nat({ max: 400 }) },
      { weight: 1, arbitrary: fc.nat({ max: 3000 }) },
    ),
  }),
  { minLength: 1, maxLength: 30 },
)

type Fields<Name extends Command['do']> = Omit<Extract<Command, { readonly do: Name }>, 'do'>

function step<Name extends Command['do']>(
  name: Name,
  fields: { [Field in keyof Fields<Name>]: fc.Arbitrary<Fields<Name>[Field]> },
): fc.Arbitrary<Command> {
  const model = { do: fc.constant(name), ...fields } as Record<string, fc.Arbitrary<unknown>>
  return fc.record(model) as unknown as fc.Arbitrary<Command>
}

const command = fc.oneof(
  { weight: 4, arbitrary: step('start', {}) },
  { weight: 16, arbitrary: step('say', { stream: number, words }) },
  { weight: 1, arbitrary: step('finish', { stream: number }) },
  { weight: 1, arbitrary: step('end', { stream: number }) },
  { weight: 1, arbitrary: step('cancel', { stream: number }) },
  {
    weight: 2,
    arbitrary: step('fail', {
      stream: number,
      with: fc.constantFrom<Failure[]>(
        'recoverable',
        'recoverable',
        'rate_limit',
        'fatal',
        'unknown',
        'junk',
      ),
    }),
  },
  {
    weight: 8,
    arbitrary: step('attach', {
      stream: number,
      at: fc.constantFrom(0, 0, 0.1, 0.3, 0.5, 0.8, 1, 1),
      limit: fc.oneof(fc.constant('none' as const), limit),
      room: fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
      maxFrameBytes: fc.constantFrom(1, 500, 65_536),
      stallMs: fc.constantFrom(200, 5000, 30_000),
      temper: fc.constantFrom<Temper[]>(
        ...new Array<Temper>(8).fill('good'),
        'throws on write',
        'throws on end',
      ),
    }),
  },
  { weight: 6, arbitrary: step('drain', { viewer: number, frames: fc.constantFrom(1, 2, 10) }) },
  { weight: 6, arbitrary: step('ack', { viewer: number, limit }) },
  { weight: 3, arbitrary: step('drop', { viewer: number }) },
  { weight: 3, arbitrary: step('comeBack', { viewer: number }) },
  { weight: 3, arbitrary: step('pass', { ms: fc.constantFrom(100, 100, 300, 1000, 6000, 31_000) }) },
  { weight: 1, arbitrary: step('pressure', { memory: fc.constantFrom(0, 0.9, 0.99) }) },
  { weight: 6, arbitrary: step('turn', {}) },
)

const setting: fc.Arbitrary<Setting> = fc.record({
  maxStreamBytes: fc.constantFrom(4096, 8192, 32_768),
  maxStreams: fc.constantFrom(1, 2, 100),
  resumeMarginBytes: fc.constantFrom(0, 1024, 1_000_000),
  maxEventBytes: fc.constantFrom(128, 1024, 262_144),
  leadChunks: fc.constantFrom(1, 5, 50, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  afterFirstChunk: fc.constantFrom('fail', 'restart'),
  cancelAfterMs: fc.constantFrom(500, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  coalesce: fc.boolean(),
  heedsAbort: fc.boolean(),
  isSlow: fc.boolean(),
})

/** Any schedule: what a hub and its streams are like, and what happens to them. One in eight ends with the hub’s. */
export function schedules(maxLength = 60): fc.Arbitrary<Schedule> {
  const close = step('close', { deadlineMs: fc.constantFrom(0, 300, 5000) })
  const closing = fc.oneof(
    { weight: 7, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.tuple(close) },
  )
  const some = fc.array(command, { minLength: 1, maxLength, size: 'max' })
  const commands = fc
    .tuple(some, closing, fc.array(command, { maxLength: 8 }))
    .map(([before, closed, after]): Command[] => [{ do: 'start' }, ...before, ...closed, ...after])
  return fc.record({ setting, commands })
}
