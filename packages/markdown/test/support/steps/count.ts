import { Session } from 'node:inspector'
import { stepsOf } from './pattern.ts'

const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

/**
 * Counts what a function does: how often each block of the script of this name runs, as V8 counts it, and what that
 * does not see, which is the work of patterns, strings and arrays.
 */
export function countSteps(script: string, run: () => void): number {
  let steps = 0
  const restore = watch((more) => {
    steps += more
  })
  blocksOf(script)
  try {
    run()
  } finally {
    restore()
  }
  return steps + blocksOf(script)
}

/** How often blocks ran since the last call. */
function blocksOf(script: string): number {
  let count = 0
  session.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error !== null) throw error
    for (const { url, functions } of coverage.result) {
      if (!url.endsWith(script)) continue
      for (const { ranges } of functions) for (const range of ranges) count += range.count
    }
  })
  return count
}

type Method = (this: never, ...given: never[]) => unknown

function watch(add: (steps: number) => void): () => void {
  const restores: (() => void)[] = []
  let isCounting = false
  const replace = <T extends object>(target: T, name: keyof T & string, costs: CostOf): void => {
    const original = target[name] as Method
    const descriptor = Object.getOwnPropertyDescriptor(target, name)!
    const counted = function (this: unknown, ...given: unknown[]): unknown {
      // What the counter itself does is not counted.
      if (isCounting) return Reflect.apply(original, this, given)
      isCounting = true
      const before = costs.before?.(this, given) ?? 0
      isCounting = false
      const result = Reflect.apply(original, this, given) as unknown
      add(before + (costs.after?.(this, given, result) ?? 0))
      return result
    }
    Object.defineProperty(target, name, { ...descriptor, value: counted })
    restores.push(() => Object.defineProperty(target, name, descriptor))
  }
  replace(RegExp.prototype, 'exec', {
    before: (self, [text]) => {
      const pattern = self as RegExp
      return stepsOf(pattern, String(text), pattern.global || pattern.sticky ? pattern.lastIndex : 0)
    },
  })
  for (const name of ['indexOf', 'includes'] as const) {
    replace(String.prototype, name, searched)
    replace(Array.prototype, name, searched)
  }
  for (const name of ['lastIndexOf'] as const) {
    replace(String.prototype, name, searchedBack)
    replace(Array.prototype, name, searchedBack)
  }
  for (const name of ['trim', 'toLowerCase', 'toUpperCase', 'repeat'] as const)
    replace(String.prototype, name, { after: (_self, _given, result) => String(result).length })
  for (const name of ['shift', 'unshift', 'slice', 'concat', 'join', 'sort'] as const)
    replace(Array.prototype, name, { before: (self) => (self as unknown[]).length })
  replace(Array.prototype, 'splice', {
    before: (self, [start]) =>
      (self as unknown[]).length - Math.min((self as unknown[]).length, Number(start)),
  })
  return () => {
    for (const restore of restores.reverse()) restore()
  }
}

interface CostOf {
  before?(self: unknown, given: readonly unknown[]): number
  after?(self: unknown, given: readonly unknown[], result: unknown): number
}

const searched: CostOf = {
  after: (self, [, from], result) => {
    const { length } = self as string
    const start = Number(from ?? 0)
    return Math.max(1, (typeof result === 'number' && result >= 0 ? result : length) - start)
  },
}
const searchedBack: CostOf = {
  after: (self, [, from], result) => {
    const start = Number(from ?? (self as string).length)
    return Math.max(1, start - Math.max(0, result as number))
  },
}
