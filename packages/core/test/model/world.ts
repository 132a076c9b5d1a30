import { StreamingError } from '../../src/errors.ts'
import type { StreamHandle } from '../../src/server/hub/handle.ts'
import { type ScriptedAttempt, settle } from '../../src/testing/index.ts'
import { Harness } from '../harness.ts'
import type { Command, Failure, Schedule, Setting, Temper, Word } from './commands.ts'
import { errorOf, partOf, tell } from './provider.ts'
import { SlowLog } from './slow-log.ts'
import { Truth, Witness } from './witness.ts'

const KEEP_ENDED_MS = 10_000
/** 200 units of text that wait to be joined, as the most JSON that they can be, in the smallest events. */
const COALESCED_BYTES = 200 * 6 + 25 * 128
interface Play {
  readonly stream: StreamHandle
  readonly truth: Truth
  /** The text that the current attempt was given. */
  said: string
  attempt: ScriptedAttempt | undefined
}

interface Attachment {
  readonly after: number
  readonly limit?: number
  readonly temper?: Temper
  readonly room?: number
  readonly maxFrameBytes?: number
  readonly stallMs?: number
}

/** Runs a schedule against a hub, and lists each event that the protocol does not allow. */
export class World {
  readonly #setting: Setting
  readonly #harness: Harness
  readonly #plays: Play[] = []
  readonly #witnesses: Witness[] = []
  readonly #violations: string[] = []
  #closing: Promise<void> | undefined
  #words = 0
  #memory = 0

  constructor(setting: Setting) {
    this.#setting = setting
    this.#harness = new Harness({
      source: { heedsAbort: setting.heedsAbort },
      log: {
        maxStreamBytes: setting.maxStreamBytes,
        maxBytes: setting.maxStreamBytes * setting.maxStreams,
        resumeMarginBytes: setting.resumeMarginBytes,
        keepEndedMs: KEEP_ENDED_MS,
      },
      definition: {
        leadChunks: setting.leadChunks,
        maxEventBytes: setting.maxEventBytes,
        whenUnwatched: setting.cancelAfterMs === Number.POSITIVE_INFINITY ? 'continue' : setting,
        retry: { afterFirstChunk: setting.afterFirstChunk, baseMs: 200 },
        ...(setting.coalesce ? { coalesce: { maxBytes: 200, maxDelayMs: 100 } } : {}),
      },
      hub: {
        pressure: {
          samples: 2,
          sampleMs: 200,
          sample: () => ({ memory: this.#memory, eventLoopDelayMs: 0 }),
        },
      },
      ...(setting.isSlow ? { asSeen: (log) => new SlowLog(log) } : {}),
    })
  }

  /** Everything that a schedule does, then its end; resolves to what was wrong. */
  static async play({ setting, commands }: Schedule): Promise<readonly string[]> {
    const world = new World(setting)
    for (const command of commands) {
      await world.#do(command)
      world.#checkBounds(command)
      if (world.#allViolations().length > 0) return world.#allViolations()
    }
    await world.#comeToAnEnd()
    await world.#checkEnd()
    return world.#allViolations()
  }

  #allViolations(): readonly string[] {
    return [...this.#violations, ...this.#plays.flatMap(({ truth }) => truth.violations)]
  }

  async #do(command: Command): Promise<void> {
    switch (command.do) {
      case 'start':
        return this.#start()
      case 'say':
        return this.#say(this.#play(command.stream), command.words)
      case 'finish':
      case 'end':
        return this.#finish(this.#play(command.stream), command.do)
      case 'fail':
        return this.#fail(this.#play(command.stream), command.with)
      case 'cancel': {
        const play = this.#play(command.stream)
        if (play) await this.#harness.hub.cancel({ streamId: play.stream.record.streamId }).catch(isExpected)
        return
      }
      case 'attach': {
        const play = this.#play(command.stream)
        if (play === undefined) return
        const after = Math.round(command.at * play.stream.last)
        this.#attach(play, { ...command, after, limit: Witness.number(command.limit, after) })
        return
      }
      case 'drain':
        return this.#attached(command.viewer)?.drain(command.frames)
      case 'ack': {
        const witness = this.#attached(command.viewer)
        return witness?.allow(Witness.number(command.limit, witness.cursor))
      }
      case 'drop':
        return this.#attached(command.viewer)?.viewer.detach()
      case 'comeBack': {
        const gone = this.#witnesses.filter(({ reason }) => reason !== undefined)
        const witness = gone[command.viewer % gone.length]
        const play = this.#plays.find(({ stream }) => stream.record.streamId === witness?.streamId)
        if (play && witness) this.#attach(play, { after: witness.cursor })
        return
      }
      case 'pass':
        return this.#harness.clock.pass(command.ms)
      case 'close':
        this.#closing ??= this.#harness.hub.close({ deadlineMs: command.deadlineMs })
        return
      case 'pressure':
        this.#memory = command.memory
        return
      case 'turn':
        return settle()
    }
  }

  async #start(): Promise<void> {
    try {
      const stream = await this.#harness.start()
      this.#plays.push({
        stream,
        truth: new Truth(() => this.#harness.log.open(stream.record.streamId) !== undefined),
        said: '',
        attempt: undefined,
      })
    } catch (error) {
      isExpected(error)
    }
  }

  #play(number: number): Play | undefined {
    const play = this.#plays[number % this.#plays.length]
    const latest = this.#harness.source.attempts.findLast(
      ({ context }) => context.streamId === play?.stream.record.streamId,
    )
    if (play !== undefined && latest !== play.attempt) {
      play.attempt = latest
      play.said = ''
    }
    return play
  }

  #attached(number: number): Witness | undefined {
    const here = this.#witnesses.filter(({ reason }) => reason === undefined)
    return here[number % here.length]
  }

  #say(play: Play | undefined, words: readonly Word[]): void {
    for (const word of words) {
      this.#words += 1
      const part = partOf(word, this.#words)
      if (!tell(play?.attempt, (attempt) => attempt.push(part))) return
      if (play && typeof part === 'string') play.said += part
    }
  }

  #finish(play: Play | undefined, how: 'finish' | 'end'): void {
    tell(play?.attempt, (attempt) => attempt[how]())
  }

  #fail(play: Play | undefined, failure: Failure): void {
    if (failure === 'junk') {
      tell(play?.attempt, (attempt) => attempt.push(7 as never))
      return
    }
    tell(play?.attempt, (attempt) => attempt.fail(errorOf(failure)))
  }

  #attach(play: Play, options: Attachment): void {
    const { after, limit = Number.POSITIVE_INFINITY, temper = 'good' } = options
    const { room = Number.POSITIVE_INFINITY, maxFrameBytes = 65_536, stallMs = 30_000 } = options
    const witness = new Witness(play.stream.record.streamId, play.truth, { after, limit, temper })
    witness.room = room
    try {
      witness.watch(play.stream, { after, limit, maxFrameBytes, stallMs })
      this.#witnesses.push(witness)
    } catch (error) {
      play.truth.witnesses.delete(witness)
      isExpected(error)
    }
  }

  /** The memory that all streams hold is within the bounds, whatever happens. */
  #checkBounds(command: Command): void {
    const { maxStreamBytes, maxStreams, maxEventBytes, coalesce } = this.#setting
    const { log } = this.#harness
    const segment = Math.max(1024, maxStreamBytes / 16)
    // The longest word is some 15 KB of JSON, so no event is larger, whatever the bound. Coalesced text comes at once.
    const slack = Math.min(maxEventBytes, 16_384) + segment + (coalesce ? COALESCED_BYTES : 0)
    let total = 0
    for (const { stream } of this.#plays) {
      const { byteLength } = (log.open(stream.record.streamId) ?? { byteLength: 0 }) as { byteLength: number }
      total += byteLength
      if (byteLength <= maxStreamBytes + slack) continue
      this.#violations.push(`a stream holds ${byteLength} bytes after ${JSON.stringify(command)}`)
    }
    if (total !== log.byteLength) this.#violations.push(`the log holds ${log.byteLength} bytes, not ${total}`)
    if (total > maxStreamBytes * maxStreams + slack * this.#plays.length) {
      this.#violations.push(`all streams hold ${total} bytes after ${JSON.stringify(command)}`)
    }
  }

  /** Stalls end: everybody reads, every provider finishes. Then everything has to come to its end. */
  async #comeToAnEnd(): Promise<void> {
    for (const { stream, truth } of this.#plays) {
      if (!stream.ended)
        this.#attach({ stream, truth, said: '', attempt: undefined }, { after: lowest(stream) })
    }
    this.#memory = 0
    let progress = 0
    // A retry may take some seconds of the manual clock; what does not move for longer never will.
    for (let idleRounds = 0; idleRounds < 60; idleRounds++) {
      for (const witness of this.#witnesses) {
        witness.temper = 'good'
        if (witness.reason !== undefined) continue
        witness.allow(Number.POSITIVE_INFINITY)
        // A sink that is not full must not say that it is ready: a run has to go on without such a nudge.
        if (witness.room <= 0) witness.drain()
        else witness.room = Number.POSITIVE_INFINITY
      }
      for (let number = 0; number < this.#plays.length; number++) this.#finish(this.#play(number), 'finish')
      await settle()
      const moved = this.#progress()
      if (moved !== progress) idleRounds = 0
      progress = moved
      const isOver = this.#plays.every(({ stream }) => stream.ended)
      if (isOver && this.#witnesses.every(({ reason }) => reason !== undefined)) return
      await this.#harness.clock.pass(100)
    }
    const open = this.#plays.filter(({ stream }) => !stream.ended).length
    const watching = this.#witnesses.filter(({ reason }) => reason === undefined).length
    this.#violations.push(`deadlock: ${open} streams have not ended, ${watching} viewers are still connected`)
  }

  async #checkEnd(): Promise<void> {
    const { hub, clock, log, ends } = this.#harness
    for (const [number, { stream, truth }] of this.#plays.entries()) {
      const { streamId } = stream.record
      const said = this.#play(number)?.said ?? ''
      const told = ends.filter((end) => end.streamId === streamId)
      const [end] = told
      if (told.length !== 1 || end === undefined) {
        this.#violations.push(`onEnd was called ${told.length} times`)
        continue
      }
      const isWhole = end.outcome === 'completed' ? said === end.text : said.startsWith(end.text)
      if (!isWhole) this.#violations.push(`onEnd of ${end.outcome} got ${end.text} of ${said}`)
      for (const witness of truth.witnesses) this.#checkWitness(witness, stream, end.text)
    }
    if (this.#closing) await this.#comesToPass('closing', this.#closing)
    if (hub.load.streams !== 0 || hub.load.viewers !== 0) {
      this.#violations.push(`the hub’s load is ${JSON.stringify(hub.load)}`)
    }
    clock.advance(KEEP_ENDED_MS + 1500)
    if (log.size.streams !== 0 || log.byteLength !== 0) {
      this.#violations.push(`the log holds ${log.size.streams} streams, ${log.byteLength} bytes at the end`)
    }
    await this.#comesToPass('closing at the end', hub.close())
    if (clock.size !== 0) this.#violations.push(`${clock.size} alarms are set at the end`)
  }

  /** A number that grows whenever anything moves on. */
  #progress(): number {
    const appended = this.#plays.map(({ stream }) => stream.last)
    const cursors = this.#witnesses.map(({ cursor, reason }) => cursor + (reason === undefined ? 0 : 1))
    return [...appended, ...cursors].reduce((sum, count) => sum + count, this.#harness.source.attempts.length)
  }

  /** Waits for something that nobody but the clock can hold up. */
  async #comesToPass(what: string, promise: Promise<void>): Promise<void> {
    let isOver = false
    void promise.then(() => {
      isOver = true
    })
    for (let round = 0; round < 20 && !isOver; round++) await this.#harness.clock.pass(1000)
    if (!isOver) this.#violations.push(`${what} never comes to its end`)
  }

  #checkWitness(witness: Witness, stream: StreamHandle, text: string): void {
    if (witness.reason !== 'ended') return
    if (witness.cursor !== stream.last) {
      this.#violations.push(`a viewer ended at ${witness.cursor}, the stream at ${stream.last}`)
    } else if (witness.after === 0 && witness.text !== text) {
      this.#violations.push(`a viewer got ${witness.text}, onEnd ${text}`)
    }
  }
}

/** The lowest cursor that can be read from. */
function lowest(stream: StreamHandle): number {
  for (let after = 0; ; after++) {
    try {
      stream.checkCursor(after)
      return after
    } catch (error) {
      isExpected(error)
    }
  }
}

/** A hub may refuse, in its own words; anything else is a defect. */
function isExpected(error: unknown): void {
  if (!(error instanceof StreamingError) || error.type === 'unexpected_error') throw error
}
