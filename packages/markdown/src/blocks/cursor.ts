const CODE_INDENT = 4

/** A place in one line, in characters and in columns: a tab is as wide as the next tab stop asks. */
export class Cursor {
  line = ''
  offset = 0
  column = 0
  nextNonspace = 0
  nextNonspaceColumn = 0
  indent = 0
  blank = false
  #insideTab = false

  start(line: string): void {
    this.line = line
    this.offset = 0
    this.column = 0
    this.#insideTab = false
    this.findNextNonspace()
  }

  /** At least four columns of white space follow, so no marker can. */
  get indented(): boolean {
    return this.indent >= CODE_INDENT
  }

  /** The first character that is neither a space nor a tab, or an empty string. */
  get next(): string {
    return this.line.charAt(this.nextNonspace)
  }

  /** The line behind the white space. */
  get afterIndent(): string {
    return this.line.slice(this.nextNonspace)
  }

  /** The rest of the line; of a tab that is partly used up, the columns that are left. */
  get rest(): string {
    if (!this.#insideTab) return this.line.slice(this.offset)
    return ' '.repeat(4 - (this.column % 4)) + this.line.slice(this.offset + 1)
  }

  findNextNonspace(): void {
    let at = this.offset
    let column = this.column
    for (; ; at++) {
      const char = this.line[at]
      if (char === ' ') column++
      else if (char === '\t') column += 4 - (column % 4)
      else {
        this.blank = char === undefined
        break
      }
    }
    this.nextNonspace = at
    this.nextNonspaceColumn = column
    this.indent = column - this.column
  }

  skipIndent(): void {
    this.offset = this.nextNonspace
    this.column = this.nextNonspaceColumn
    this.#insideTab = false
    this.indent = 0
  }

  skipRest(): void {
    this.offset = this.line.length
    this.#insideTab = false
  }

  skipChars(count: number): void {
    for (; count > 0 && this.offset < this.line.length; count--) {
      this.column += this.line[this.offset] === '\t' ? 4 - (this.column % 4) : 1
      this.offset++
    }
    this.#insideTab = false
  }

  skipColumns(count: number): void {
    while (count > 0 && this.offset < this.line.length) {
      const width = this.line[this.offset] === '\t' ? 4 - (this.column % 4) : 1
      this.#insideTab = width > count
      const used = Math.min(width, count)
      this.column += used
      count -= used
      if (!this.#insideTab) this.offset++
    }
  }

  /** Skips one space, or one column of a tab. */
  skipSpace(): boolean {
    const char = this.line[this.offset]
    if (char !== ' ' && char !== '\t') return false
    this.skipColumns(1)
    return true
  }

  save(): readonly [offset: number, column: number, insideTab: boolean] {
    return [this.offset, this.column, this.#insideTab]
  }

  restore([offset, column, insideTab]: readonly [offset: number, column: number, insideTab: boolean]): void {
    this.offset = offset
    this.column = column
    this.#insideTab = insideTab
  }
}
