/**
 * Sorts what Nx prints of several projects' tests, so that a failed project can be shown by itself. Nx begins each
 * line with its project's name (`--output-style stream`).
 */
export class TestOutput {
  #onStart
  #lines = new Map()

  /** @param onStart - called with the name of each project, when its tests begin */
  constructor(onStart) {
    this.#onStart = onStart
  }

  take(line) {
    const [, begun] = /^> nx run ([^:\s]+):/.exec(line) ?? []
    if (begun !== undefined) this.#onStart(begun)
    const [, project, text] = /^(@[\w-]+\/[\w-]+): (.*)$/.exec(line) ?? []
    if (project === undefined) return
    if (!this.#lines.has(project)) this.#lines.set(project, [])
    this.#lines.get(project).push(text)
  }

  /** The output of a project, without its tests that passed. */
  failuresOf(project) {
    return (this.#lines.get(project) ?? []).filter((line) => !/^\s*✓ /.test(line))
  }
}
