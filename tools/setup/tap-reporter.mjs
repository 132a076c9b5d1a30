import { mkdirSync, openSync, writeSync } from 'node:fs'
import { Transform } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { tellTap } from './tap-story.mjs'

/**
 * The reporter that our .taprc files name. tap's own ones are made for a terminal: in a log they either redraw
 * themselves or say everything twice, and they say nothing where a test hangs. This one writes as the report comes,
 * and keeps the report in the file that the tests are counted from.
 */
export default class TapReporter extends Transform {
  #report
  #tell = tellTap()
  #decoder = new StringDecoder('utf8')
  #rest = ''

  constructor() {
    super()
    mkdirSync('.results', { recursive: true })
    this.#report = openSync('.results/tap.tap', 'w')
  }

  _transform(chunk, _encoding, done) {
    writeSync(this.#report, chunk)
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n')
    this.#rest = lines.pop()
    done(
      null,
      lines
        .flatMap(this.#tell)
        .map((line) => `${line}\n`)
        .join(''),
    )
  }

  _flush(done) {
    done(null, this.#tell(this.#rest).join(''))
  }
}
