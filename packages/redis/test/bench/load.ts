/** The load that a contestant is put under. */
export interface Load {
  readonly streams: number
  /** Of each stream; `Infinity`: as fast as they are taken. */
  readonly tokensPerSecond: number
  /** Of each stream. */
  readonly tokens: number
  /** How long it runs before anything counts, in milliseconds: code is compiled, connections are made. */
  readonly warmUpMs: number
}

/** The tokens of one stream: each says when it was made. */
export async function* tokensOf({ tokensPerSecond, tokens }: Load): AsyncGenerator<string> {
  const everyMs = 1000 / tokensPerSecond
  const startedAt = performance.now() + Math.random() * everyMs
  for (let token = 0; token < tokens; token++) {
    const waitMs = startedAt + token * everyMs - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    yield `${performance.now().toFixed(3)} and a word `
  }
}

/** How long a token took, from what it says. */
export function ageOf(token: string): number {
  return performance.now() - Number.parseFloat(token)
}
