import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'

/** Makes a folder that this user alone can enter. One that exists keeps its mode: it may have other purposes. */
export function privateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
}

/** Takes the rights of all other users on a file away; with `create`, makes it first if it does not exist. */
export function privateFile(path: string, { create }: { readonly create: boolean }): void {
  if (create) closeSync(openSync(path, 'a', 0o600))
  if (existsSync(path)) chmodSync(path, 0o600)
}
