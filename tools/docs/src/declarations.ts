import { code, fenced, table } from './markdown.ts'
import { sourcesOf } from './workspace.ts'

// TypeScript 7 has no JavaScript API, and the formatter makes declarations regular enough to be read line by line.

/** A member of an interface: what its TSDoc says of it, and its type. */
interface Member {
  readonly name: string
  readonly isOptional: boolean
  readonly type: string
  readonly means: string
  /** As `@default` has it. */
  readonly defaultsTo: string | undefined
}

/** An interface as a specification shows it: without what concerns its implementation only. */
export function interfaceText(packageName: string, name: string): string {
  const { head, body } = declarationOf(packageName, name)
  const text = `interface ${head} {\n${body}\n}`
  return fenced('ts', text.replaceAll('readonly ', ''))
}

/**
 * The options that one interface declares, or several together. A package's name comes before those of its interfaces:
 * `@sluice/core RunRetry`, or `@sluice/core RetryPolicy @sluice/client ClientOptions`.
 */
export function optionTable(...given: readonly string[]): string {
  const members = declarationsIn(given).flatMap(({ body }) => membersOf(body))
  const rows = members.map((member) => [
    code(member.name),
    unitOf(member),
    defaultOf(member),
    meansOf(member),
  ])
  return table(['option', 'unit or type', 'default', 'meaning'], rows)
}

interface Declaration {
  readonly head: string
  readonly body: string
}

function declarationsIn(given: readonly string[]): Declaration[] {
  let packageName = ''
  return given.flatMap((word) => {
    if (!word.startsWith('@')) return declarationOf(packageName, word)
    packageName = word
    return []
  })
}

/** The declaration in a package's sources. Documents name the package and no file, so files can move. */
function declarationOf(packageName: string, name: string): Declaration {
  const pattern = new RegExp(`^export interface (${name}\\b[^{]*) {\\n([\\s\\S]*?)\\n}$`, 'm')
  const found = sourcesOf(packageName).flatMap((source) => pattern.exec(source) ?? [])
  if (found.length !== 3) {
    throw new Error(`${packageName} must declare one exported interface ${name}; found ${found.length / 3}.`)
  }
  return { head: found[1]!, body: found[2]! }
}

function membersOf(body: string): Member[] {
  const member = /(?:^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?^ {2}readonly (\w+)(\??): (.*(?:\n {3,}.*)*)/gm
  return [...body.matchAll(member)].map(([, comment = '', name, optional, type]) => {
    const [means = '', defaultsTo] = proseOf(comment).split(/ ?@default /)
    return {
      name: name!,
      isOptional: optional === '?',
      type: type!.replaceAll(/\s+/g, ' '),
      means,
      defaultsTo,
    }
  })
}

/** The text of a TSDoc comment, its lines joined, its links as code. */
function proseOf(comment: string): string {
  return comment
    .replaceAll(/\n +\* ?/g, ' ')
    .replaceAll(/\{@link (?:[^}|]*\| )?([^}]+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** A member that is an object of options is explained in their table. */
function meansOf({ means, type }: Member): string {
  return means === '' && /^[A-Z]/.test(type) ? 'See below.' : means
}

/** Names say their unit. */
function unitOf({ name, type }: Member): string {
  if (type !== 'number') return type.includes('=>') ? 'function' : code(type)
  const [, unit] = /(Ms|Bytes|Chunks)$/.exec(name) ?? []
  return unit?.toLowerCase() ?? 'number'
}

function defaultOf({ defaultsTo, isOptional }: Member): string {
  if (defaultsTo === undefined) return isOptional ? '' : 'required'
  return /^[^\s`]+$/.test(defaultsTo) ? code(defaultsTo) : defaultsTo
}
