import { type AST, RegExpParser } from '@eslint-community/regexpp'

/** Tries to go on at a position; the rest of the pattern is in the continuation. */
type Matcher = (at: number, go: (at: number) => boolean) => boolean

/** What one run of a pattern looks at. */
interface Run {
  text: string
  steps: number
}

const exec = RegExp.prototype.exec
const patterns = new Map<string, (text: string, from: number) => number>()

/**
 * Counts the steps of a backtracking matcher, which is how engines run these patterns: each character that is tried,
 * each alternative, each position that is begun at. Engines are faster by a factor, and not by an order.
 */
export function stepsOf(pattern: RegExp, text: string, from: number): number {
  const key = `${pattern.flags}/${pattern.source}`
  let count = patterns.get(key)
  if (count === undefined) {
    count = compile(pattern)
    patterns.set(key, count)
  }
  return count(text, from)
}

function compile(pattern: RegExp): (text: string, from: number) => number {
  const { flags, sticky } = pattern
  const { alternatives } = new RegExpParser().parsePattern(pattern.source, undefined, undefined, {
    unicode: flags.includes('u'),
  })
  const run: Run = { text: '', steps: 0 }
  const match = anyOf(alternatives, run, flags)
  // Engines try a pattern that begins with `^` at the start of the text only.
  const isAnchored = !flags.includes('m') && alternatives.every(beginsAtStart)
  return (text, from) => {
    run.text = text
    run.steps = 0
    for (let at = from; at <= text.length; at++) {
      run.steps++
      if (match(at, () => true) || sticky || isAnchored) break
    }
    return run.steps
  }
}

/** Whether an alternative can match at the start of the text only. */
function beginsAtStart({ elements: [first] }: AST.Alternative): boolean {
  if (first?.type === 'Group' || first?.type === 'CapturingGroup')
    return first.alternatives.every(beginsAtStart)
  return first?.type === 'Assertion' && first.kind === 'start'
}

function anyOf(alternatives: readonly AST.Alternative[], run: Run, flags: string): Matcher {
  const all = alternatives.map((alternative) => sequence(alternative.elements, run, flags))
  if (all.length === 1) return all[0]!
  return (at, go) =>
    all.some((match) => {
      run.steps++
      return match(at, go)
    })
}

function sequence(elements: readonly AST.Element[], run: Run, flags: string): Matcher {
  return elements
    .map((element) => matcherOf(element, run, flags))
    .reduceRight<Matcher>(
      (rest, first) => (at, go) => first(at, (next) => rest(next, go)),
      (at, go) => go(at),
    )
}

function matcherOf(element: AST.Element, run: Run, flags: string): Matcher {
  switch (element.type) {
    case 'Group':
    case 'CapturingGroup':
      return anyOf(element.alternatives, run, flags)
    case 'Assertion':
      return assertion(element, run, flags)
    case 'Quantifier':
      return quantifier(element, run, flags)
    case 'Character':
    case 'CharacterClass':
    case 'CharacterSet': {
      const width = widthOf(element.raw, run, flags)
      return (at, go) => {
        const found = width(at)
        return found > 0 && go(at + found)
      }
    }
    default:
      throw new Error(`The counter knows no ${element.type}; teach it.`)
  }
}

/** How wide the character at a position is if it is one of these, else 0. */
function widthOf(source: string, run: Run, flags: string): (at: number) => number {
  const one = new RegExp(`^(?:${source})$`, flags.replace(/[gy]/g, ''))
  const known = new Map<string, boolean>()
  const isUnicode = flags.includes('u')
  return (at) => {
    run.steps++
    if (at >= run.text.length) return 0
    const char = isUnicode ? String.fromCodePoint(run.text.codePointAt(at)!) : run.text[at]!
    let matches = known.get(char)
    if (matches === undefined) {
      matches = exec.call(one, char) !== null
      known.set(char, matches)
    }
    return matches ? char.length : 0
  }
}

function quantifier({ element, min, max, greedy }: AST.Quantifier, run: Run, flags: string): Matcher {
  if (/^Character/.test(element.type)) return repeatedCharacter(element.raw, min, max, greedy, run, flags)
  const match = matcherOf(element, run, flags)
  const repeat = (at: number, count: number, go: (at: number) => boolean): boolean => {
    run.steps++
    const more = (): boolean =>
      count < max && match(at, (next) => (next > at || count < min) && repeat(next, count + 1, go))
    const enough = (): boolean => count >= min && go(at)
    return greedy ? more() || enough() : enough() || more()
  }
  return (at, go) => repeat(at, 0, go)
}

// Without a call for each character, of which there may be too many for the stack.
function repeatedCharacter(
  source: string,
  min: number,
  max: number,
  greedy: boolean,
  run: Run,
  flags: string,
): Matcher {
  const width = widthOf(source, run, flags)
  return (from, go) => {
    const ends = [from]
    const grow = (): boolean => {
      const at = ends.at(-1)!
      const found = ends.length <= max ? width(at) : 0
      if (found > 0) ends.push(at + found)
      return found > 0
    }
    while (ends.length <= min) if (!grow()) return false
    if (!greedy) {
      do if (go(ends.at(-1)!)) return true
      while (grow())
      return false
    }
    while (grow());
    for (let count = ends.length - 1; count >= min; count--) {
      run.steps++
      if (go(ends[count]!)) return true
    }
    return false
  }
}

function assertion(element: AST.Assertion, run: Run, flags: string): Matcher {
  if (element.kind === 'lookahead') {
    const match = anyOf(element.alternatives, run, flags)
    return (at, go) => match(at, () => true) !== element.negate && go(at)
  }
  if (element.kind === 'lookbehind') throw new Error('The counter knows no lookbehind; teach it.')
  const isMultiline = flags.includes('m')
  return (at, go) => {
    run.steps++
    const { text } = run
    if (element.kind === 'start') return (at === 0 || (isMultiline && text[at - 1] === '\n')) && go(at)
    if (element.kind === 'end') return (at === text.length || (isMultiline && text[at] === '\n')) && go(at)
    const isWord = (index: number): boolean => exec.call(/^\w$/, text[index] ?? '') !== null
    return element.kind === 'word' && (isWord(at - 1) !== isWord(at)) !== element.negate && go(at)
  }
}
