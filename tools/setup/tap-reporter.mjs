import { mkdirSync, writeFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { Parser } from 'tap-parser'

/**
 * The reporter that our .taprc files name. tap's own reporters are made for a terminal: in a log they redraw themselves
 * or repeat everything, and they stay silent while a test hangs. This one prints a line per file and each failure
 * once, as they come, and writes the counts to `.results/tap.json`.
 *
 * It counts as a reader of the test files would: a `test()` that holds no other is one, however many assertions it
 * makes, and so is a file of bare assertions. A failure beside the tests (a crash, a timeout, a plan that was not met)
 * is one more. Skipped and todo tests are not counted.
 */
export default class TapReporter extends PassThrough {
  #parser = new Parser()

  constructor(keep = keepInResults) {
    super()
    const files = this.#read(this.#parser, [])
    this.#parser.on('complete', ({ ok }) => keep(withOwnFailure(files, ok)))
  }

  _transform(chunk, _encoding, done) {
    this.#parser.write(chunk)
    done()
  }

  _flush(done) {
    this.#parser.end()
    done()
  }

  /** Gives what `parser` has found so far. `path` names the tests around it. */
  #read(parser, path) {
    const found = { tests: 0, passed: 0, failed: 0, hasOwnFailure: false }
    let inner
    parser.on('child', (child) => {
      inner = this.#read(child, [...path, child.name])
    })
    parser.on('assert', ({ ok, skip, todo, name, diag }) => {
      const test = inner
      inner = undefined
      if (skip || todo) return
      if (!ok && !(test?.failed > 0 || test?.hasOwnFailure)) this.#tell([...path, name], diag)
      if (test === undefined) {
        found.hasOwnFailure ||= !ok
        return
      }
      const counts = test.tests > 0 ? withOwnFailure(test, ok) : { passed: ok ? 1 : 0, failed: ok ? 0 : 1 }
      found.tests += 1
      found.passed += counts.passed
      found.failed += counts.failed
      if (ok && path.length === 0) this.push(`✓ ${name} (${counts.passed} passed)\n`)
    })
    return found
  }

  #tell(path, diagnostic) {
    const details = Object.entries(diagnostic ?? {}).map(([key, value]) => {
      if (uninformative.has(key)) return ''
      const text = typeof value === 'string' ? value.trimEnd() : JSON.stringify(value)
      return `    ${key}: ${text.includes('\n') ? `\n${text}`.replaceAll('\n', '\n      ') : text}\n`
    })
    this.push(`✗ ${path.join(' › ')}\n${details.join('')}`)
  }
}

/** How tap started the file's process. */
const uninformative = new Set(['args', 'command', 'cwd', 'externalID', 'jobId', 'stdio'])

function withOwnFailure({ passed, failed, hasOwnFailure }, ok) {
  return { passed, failed: failed + (hasOwnFailure || (!ok && failed === 0) ? 1 : 0) }
}

function keepInResults(counts) {
  mkdirSync('.results', { recursive: true })
  writeFileSync('.results/tap.json', JSON.stringify(counts))
}
