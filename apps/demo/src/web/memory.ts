import type { Turn } from './conversation.ts'

/** Of the shape of what is stored. What another version has stored is not read. */
const NAME = 'sluice-demo-1'

/** The conversation of this tab, across reloads. */
export interface Memory {
  load(): readonly Turn[]
  save(turns: readonly Turn[]): void
}

/** Keeps it in `sessionStorage`; where that is full or forbidden, the page works, and forgets. */
export const tabMemory: Memory = {
  load() {
    try {
      return JSON.parse(sessionStorage.getItem(NAME) ?? '[]') as readonly Turn[]
    } catch {
      return []
    }
  },

  save(turns) {
    try {
      sessionStorage.setItem(NAME, JSON.stringify(turns))
    } catch {
      // What was kept before belongs to another moment of the conversation: better nothing than that.
      forget()
    }
  },
}

function forget(): void {
  try {
    sessionStorage.removeItem(NAME)
  } catch {
    // Forbidden altogether, so nothing is there.
  }
}
