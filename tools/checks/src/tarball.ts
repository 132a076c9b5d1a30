import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { command } from './command.ts'
import { modulesOf, type Project, root } from './workspace.ts'

/** A package as the registry would get it. */
export interface Tarball {
  readonly project: Project
  readonly file: string
}

export function pack(project: Project, into: string): Tarball {
  const packed = command('pnpm', ['pack', '--json', '--pack-destination', into], project.folder)
  const { filename } = JSON.parse(packed) as { filename: string }
  return { project, file: filename }
}

/** Whether everything that package.json promises is in the tarball, and reached in the right order. */
export async function lintTarball({ file }: Tarball): Promise<void> {
  const { buffer, byteOffset, byteLength } = readFileSync(file)
  const tarball = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
  if (messages.length === 0) return
  throw new Error(messages.map((message) => formatMessage(message, pkg)).join('\n'))
}

/** Whether TypeScript finds the types of each entry point, and whether they are those of what Node loads there. */
export function checkTypesOf({ file, project }: Tarball): void {
  const attw = join(root, 'tools/checks/node_modules/.bin/attw')
  const options = ['--profile', 'esm-only', '--no-definitely-typed', '--no-emoji']
  command(attw, [file, ...options, '--entrypoints', ...modulesOf(project.manifest)], root)
}
