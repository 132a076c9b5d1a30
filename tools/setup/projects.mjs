import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { inRoot } from './root.mjs'
import { SetupError } from './say.mjs'

// The same three as in pnpm-workspace.yaml, which takes a YAML parser to read.
const shelves = ['packages', 'apps', 'tools']

/** The workspace's projects that have the script `target`. */
export function projectsWith(target) {
  return shelves
    .filter((shelf) => existsSync(inRoot(shelf)))
    .flatMap((shelf) => readdirSync(inRoot(shelf)).map((name) => inRoot(shelf, name)))
    .filter((folder) => existsSync(`${folder}/package.json`))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) }))
    .filter(({ manifest }) => manifest.scripts?.[target] !== undefined)
    .map(({ folder, manifest }) => ({ folder, name: manifest.name }))
}

/** Those of the projects that were asked for by name, with or without the scope; all when none was. */
export function pick(projects, names) {
  const unknown = names.filter((name) => !projects.some((project) => isCalled(project, name)))
  if (unknown.length > 0) {
    throw new SetupError(
      `No such project here: ${unknown.join(', ')}. There are ${projects.map(({ name }) => name).join(', ')}.`,
    )
  }
  return names.length === 0
    ? projects
    : projects.filter((project) => names.some((name) => isCalled(project, name)))
}

function isCalled(project, name) {
  return project.name === name || project.name === `@sluice/${name}`
}
