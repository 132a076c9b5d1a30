import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { inRoot } from './root.mjs'

/** A file in the repository's `.results/` that takes what a program prints, line by line. */
export class Log {
  path

  constructor(name) {
    this.path = inRoot('.results', name)
    mkdirSync(inRoot('.results'), { recursive: true })
    writeFileSync(this.path, '')
  }

  add = (line) => appendFileSync(this.path, `${line}\n`)

  text() {
    return readFileSync(this.path, 'utf8')
  }
}
