import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

/** The machine of the measurement, in one line: figures mean nothing without it. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const load = loadavg()[0]!.toFixed(1)
  return `Node ${process.version}, ${process.platform}, ${availableParallelism()} × ${model}, ${memory}, load ${load} at the start`
}
