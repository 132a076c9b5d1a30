const NAME = 'sluice-stops'

/** Stops that were asked for and not yet confirmed: a reload must not undo one. */
export const unfinishedStops = {
  has: (answerId: string): boolean => read().includes(answerId),
  add: (answerId: string): void => write([...read(), answerId]),
  remove(answerId: string): void {
    const before = read()
    if (before.includes(answerId)) write(before.filter((id) => id !== answerId))
  },
}

function read(): readonly string[] {
  try {
    return JSON.parse(sessionStorage.getItem(NAME) ?? '[]') as string[]
  } catch {
    return []
  }
}

function write(ids: readonly string[]): void {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(ids))
  } catch {
    // Full or forbidden: then only a reload within that second could undo it.
  }
}
