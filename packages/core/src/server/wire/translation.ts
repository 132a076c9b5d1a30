import type { Buffer } from 'node:buffer'
import { isTerminal, type StreamEvent } from '../../events.ts'
import type { FramingStep } from '../delivery/viewer.ts'
import type { StreamRecord } from '../log/log.ts'
import type { TextEventType } from '../run/coalescer.ts'
import { CopiedText } from './copied-text.ts'
import { fieldsOf, Splice } from './splice.ts'
import type { Translator, Wire, WireMessage } from './wire.ts'

/**
 * The comment in the last message of an answer. A body that ends without it was cut, by a proxy for instance that ends it as if it
 * were whole: only a client that knows the format could tell. Each parser ignores it (WHATWG HTML §9.2.6).
 */
const END = ': end\n'

/** A translator at a place of its stream, and the ids of the messages that it makes. */
export class Translation {
  readonly wire: Wire
  /** What each id begins with, for URLs that do not name the stream. */
  readonly idPrefix: string
  /** Whether ids are the numbers of the messages. */
  readonly isNumbered: boolean
  readonly #translator: Translator
  /** Gets what changes the translator while it is set, for those that follow. */
  steps: FramingStep[] | undefined
  /** Absent: the translator does not need the text that is spliced. */
  readonly #copied: CopiedText | undefined
  #count = 0
  /** The `openSince` before the event that was pushed last. */
  #openBefore = 0
  /** Whether the event that was pushed last is the last of the stream. */
  #isEnd = false
  /** What the translator has said since the last push; absent: it was not asked. */
  #splices: { [Type in TextEventType]?: Splice | undefined } = {}

  constructor(wire: Wire, record: StreamRecord, idPrefix = '') {
    this.wire = wire
    this.idPrefix = idPrefix
    this.isNumbered = wire.resumesFrom === 'start'
    this.#translator = wire.begin(record)
    this.#copied = this.#translator.copied === undefined ? undefined : new CopiedText()
  }

  /** How many messages it has made since it began. */
  get count(): number {
    return this.#count
  }

  /** The event with which the block that is open began; 0: none is. */
  get open(): number {
    return this.#translator.openSince ?? 0
  }

  /** How the text of events of this type becomes messages, until the next push. `undefined`: they have to be pushed. */
  spliceOf(type: TextEventType): Splice | undefined {
    if (type in this.#splices) return this.#splices[type]
    const around = this.#translator.around?.(type)
    const splice = around && new Splice(around, this.isNumbered ? '' : `.0.${this.open}`)
    this.#splices[type] = splice
    return splice
  }

  /** Goes on after an event whose text, a JSON string, was spliced. */
  pass(json: Buffer, start: number, end: number): void {
    this.#count += 1
    this.#copied?.add(json, start, end)
  }

  /** The messages of an event. */
  push(event: StreamEvent): readonly WireMessage[] {
    this.tellCopied()
    this.steps?.push(event)
    this.#openBefore = this.open
    this.#isEnd = isTerminal(event)
    const messages = this.#translator.push(event)
    this.#count += messages.length
    this.#splices = {}
    return messages
  }

  /** Tells the translator of the text that was spliced since. */
  tellCopied(): void {
    const copied = this.#copied?.take()
    if (copied === undefined) return
    this.steps?.push(copied)
    this.#translator.copied?.(copied.copied, copied.messages)
  }

  /** Goes on over `count` events that another translation of its kind has passed. */
  follow(steps: readonly FramingStep[], count: number): void {
    this.tellCopied()
    let pushed = 0
    for (const step of steps) {
      if ('type' in step) {
        this.push(step)
        pushed += 1
      } else this.#translator.copied?.(step.copied, step.messages)
    }
    this.#count += count - pushed
  }

  /** The text of the messages of the event that was pushed last, from the message `from` on. */
  textOf(chunkId: number, messages: readonly WireMessage[], from = 0): string {
    const first = this.#count - messages.length
    let text = ''
    for (let sub = from; sub < messages.length; sub++) {
      const id = this.isNumbered ? first + sub : `${chunkId}.${sub}.${this.#openBefore}`
      if (this.#isEnd && sub === messages.length - 1) text += END
      text += `id: ${this.idPrefix}${id}\n${fieldsOf(messages[sub]!)}\n`
    }
    return text
  }
}
