import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { regenerated } from './document.ts'
import { documents, read, root } from './workspace.ts'

test.each(documents)('what is generated in %s is what the code says', (path) => {
  const document = read(path)
  expect(
    document === regenerated(document),
    `${path} is stale: run \`npm run generate --prefix tools/docs\`, and look at the change.`,
  ).toBe(true)
})

test.each(documents)('every generated part of %s has its end', (path) => {
  const markers = read(path).match(/<!-- (generated: .+?|\/generated) -->/g) ?? []
  expect(markers.map((marker) => marker.startsWith('<!-- /'))).toEqual(
    markers.map((_, index) => index % 2 === 1),
  )
})

test.each(documents)('the links of %s lead somewhere', (path) => {
  const links = [...read(path).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, link]) => link!)
  expect(links.filter((link) => !isThere(path, link))).toEqual([])
})

/** Whether a link within the repository has a file, and the heading if it names one. */
function isThere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const path = file === '' ? from : join(dirname(from), file)
  if (!existsSync(join(root, path))) return false
  return anchor === undefined || anchorsOf(read(path)).includes(anchor)
}

/** GitHub's anchors: lower case, punctuation dropped, spaces as hyphens. */
function anchorsOf(document: string): string[] {
  return [...document.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
