import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gifOf } from './pictures/animation.ts'
import { healing } from './pictures/healing.ts'
import { STILLS, take } from './pictures/stills.ts'
import { openStudio } from './pictures/studio.ts'

/** Takes the pictures of the READMEs, those that are named or all: `npm run screenshot -- light healing`. */
const NAMES = [...Object.keys(STILLS), 'healing']
const wanted = process.argv.length > 2 ? process.argv.slice(2) : NAMES

const studio = await openStudio()
try {
  for (const name of wanted) {
    const still = STILLS[name]
    if (still !== undefined) await save(`${name}.png`, await take(studio, still))
    else if (name === 'healing') await save('healing.gif', gifOf(await healing(studio)))
    else throw new Error(`There is no picture '${name}'; there is: ${NAMES.join(', ')}.`)
  }
} finally {
  await studio.close()
}

async function save(file: string, bytes: Uint8Array): Promise<void> {
  const path = fileURLToPath(new URL(`../docs/${file}`, import.meta.url))
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
  console.log(`${path} ${Math.round(bytes.length / 1000)} kB`)
}
