import { useSyncExternalStore } from 'react'
import { type External, external } from './external.ts'

/** A choice among a few that outlives the page. */
export interface Preference<T extends string> extends External<T> {
  readonly choices: readonly T[]
}

/** The first choice is the default. If storage is forbidden, the page works, and forgets. */
export function preference<T extends string>(name: string, choices: readonly [T, ...T[]]): Preference<T> {
  const stored = read(name)
  const value = external(choices.find((choice) => choice === stored) ?? choices[0])
  return {
    ...value,
    choices,
    set(choice) {
      value.set(choice)
      write(name, choice)
    },
  }
}

export function useExternal<T>({ subscribe, get }: External<T>): T {
  return useSyncExternalStore(subscribe, get)
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

function write(name: string, choice: string): void {
  try {
    localStorage.setItem(name, choice)
  } catch {
    // Full or forbidden: the choice holds for this page.
  }
}
