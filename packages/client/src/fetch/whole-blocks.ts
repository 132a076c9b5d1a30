const LF = 0x0a
const CR = 0x0d
const ID = 'id:'
/** The comment that a server of Sluice puts into the last block of an answer: after it, nothing is missing. */
const END = ': end'

type Bytes = Uint8Array<ArrayBuffer>

/** Whole blocks of an event stream, as they came, and what they say of the place that they reach to. */
export interface Blocks {
  readonly bytes: Bytes
  /** The id of the last block that has one (WHATWG HTML §9.2.6); `undefined`: none has. */
  readonly lastId: string | undefined
  /** Whether the last block of the answer is among them. */
  readonly isEnd: boolean
}

/**
 * Cuts an event stream at the ends of its blocks: a client that gets half of one, and then the whole of it again, reads it
 * twice. It knows nothing of what is in a block but its id.
 */
export class WholeBlocks {
  /** The part of a block that has come, at the front of memory that doubles as it grows. */
  #memory: Bytes = new Uint8Array(0)
  #length = 0
  /** Where its last line begins. */
  #line = 0
  readonly #decoder = new TextDecoder()

  /** Bytes that wait for the end of their block. */
  get pending(): number {
    return this.#length
  }

  /** Takes the next bytes in, cut anywhere. Returns the blocks that are whole now; `undefined`: none is. */
  feed(bytes: Bytes): Blocks | undefined {
    const before = this.#length
    const all = before === 0 ? bytes : this.#append(bytes)
    let line = this.#line
    let end = 0
    for (let at = all.indexOf(LF, before); at !== -1; at = all.indexOf(LF, line)) {
      const isEmpty = at === line || (at === line + 1 && all[line] === CR)
      line = at + 1
      if (isEmpty) end = line
    }
    this.#line = line - end
    if (end === 0) {
      if (before === 0) this.#keep(all)
      return undefined
    }
    this.#keep(all.subarray(end))
    return this.#read(all.subarray(0, end))
  }

  /** Begins anew with the part of a block. The memory that was in use belongs to the client now. */
  #keep(rest: Bytes): void {
    this.#memory = rest
    this.#length = rest.length
  }

  #append(bytes: Bytes): Bytes {
    const length = this.#length + bytes.length
    if (this.#memory.length < length) {
      const memory = new Uint8Array(2 * length)
      memory.set(this.#memory.subarray(0, this.#length))
      this.#memory = memory
    }
    this.#memory.set(bytes, this.#length)
    this.#length = length
    return this.#memory.subarray(0, length)
  }

  #read(bytes: Bytes): Blocks {
    const text = this.#decoder.decode(bytes)
    return { bytes, lastId: lastIdOf(text), isEnd: lastLine(text, END) !== undefined }
  }
}

function lastIdOf(text: string): string | undefined {
  const line = lastLine(text, ID)
  return line?.slice(line[ID.length] === ' ' ? ID.length + 1 : ID.length)
}

/** The last line that begins so, without its line break. */
function lastLine(text: string, begin: string): string | undefined {
  const before = text.lastIndexOf(`\n${begin}`)
  if (before === -1 && !text.startsWith(begin)) return undefined
  const at = before + 1
  return text.slice(at, text.indexOf('\n', at)).replace(/\r$/, '')
}
