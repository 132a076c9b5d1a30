import { machine } from './machine.ts'

/** The benchmarks by name; each gives a Markdown table. */
const benchmarks: Readonly<Record<string, () => Promise<string>>> = {
  core: async () => (await import('./core/report.ts')).coreReport(),
  ttft: async () => (await import('./ttft/report.ts')).ttftReport(),
}

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !Object.hasOwn(benchmarks, name))
if (unknown !== undefined) {
  console.error(`There is no benchmark "${unknown}"; there is: ${Object.keys(benchmarks).join(', ')}.`)
  process.exitCode = 1
} else {
  console.log(machine())
  for (const [name, run] of Object.entries(benchmarks)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    console.log(`\n${await run()}`)
  }
}
