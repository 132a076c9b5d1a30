import type { Finish, Piece } from '../answers/plan.ts'
import type { Frame, Wire } from '../delivery/wire.ts'
import type { Chunk, Dialect, Rewrite } from './dialects.ts'

/** Speaks what another wire speaks, in a dialect. */
export class DialectWire implements Wire {
  readonly #wire: Wire
  readonly #dialect: Dialect
  readonly #rewrite: Rewrite

  constructor(wire: Wire, dialect: Dialect) {
    this.#wire = wire
    this.#dialect = dialect
    this.#rewrite = dialect.rewrite?.() ?? ((chunk) => [chunk])
  }

  begin(): readonly Frame[] {
    return this.#wire.begin().map((frame) => this.#spoken(frame))
  }

  say(piece: Piece): readonly Frame[] {
    return this.#wire.say(piece).map((frame) => this.#spoken(frame))
  }

  end(finish: Finish): readonly Frame[] {
    return this.#wire.end(finish).map((frame) => this.#spoken(frame))
  }

  malformed(): string {
    return this.#wire.malformed()
  }

  #spoken(frame: Frame): Frame {
    const events = frame.wire.split('\n\n').filter((event) => event !== '')
    return { ...frame, wire: events.map((event) => this.#event(event)).join('') }
  }

  #event(event: string): string {
    const data = event.slice(event.indexOf('data: ') + 'data: '.length)
    if (data === '[DONE]') return this.#dialect.hasNoDone === true ? '' : 'data: [DONE]\n\n'
    const chunk: Chunk = JSON.parse(data)
    return this.#rewrite(chunk).map(lines).join('')
  }
}

/** An object as an event; text, such as a comment, as it is. */
function lines(said: Chunk | string | null): string {
  if (typeof said === 'string') return `${said}\n\n`
  const name =
    typeof said?.type === 'string' && said.type.startsWith('response.') ? `event: ${said.type}\n` : ''
  return `${name}data: ${JSON.stringify(said)}\n\n`
}
