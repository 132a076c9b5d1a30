import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { read, root } from './workspace.ts'

// A section of the map is headed by a folder, and lists that folder's files, one a row.
const sections = read('ARCHITECTURE.md')
  .split(/^### /m)
  .flatMap((section) => {
    const [, folder] = /^`([^`]+)`/.exec(section) ?? []
    const files = [...section.matchAll(/^\| `([^`]+\.tsx?)`/gm)].map(([, file]) => file!)
    return folder === undefined ? [] : [{ folder, files }]
  })

// The packages that the build knows. A new one is not on the map until the build has it.
const { references } = JSON.parse(read('tsconfig.json')) as { references: { path: string }[] }
const folders = references
  .filter(({ path }) => path.startsWith('packages/'))
  .flatMap(({ path }) => roomsOf(`${path}/src`))

test('ARCHITECTURE.md has every folder of the packages', () => {
  expect(sections.map(({ folder }) => folder).toSorted()).toEqual(folders.toSorted())
})

test.each(sections)('ARCHITECTURE.md has every file of $folder', ({ folder, files }) => {
  expect(files.toSorted()).toEqual(filesOf(folder))
})

/** A folder and those in it, as far as they have files. */
function roomsOf(folder: string): string[] {
  const inner = readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  const own = filesOf(folder).length > 0 ? [folder] : []
  return [...own, ...inner.flatMap(({ name }) => roomsOf(`${folder}/${name}`))]
}

function filesOf(folder: string): string[] {
  const files = readdirSync(join(root, folder)).filter(
    (name) => /\.tsx?$/.test(name) && !/\.test(-d)?\.tsx?$/.test(name),
  )
  return files.toSorted()
}
