/** Microseconds on a clock that all processes of a machine share, and that nobody sets. */
export function nowUs(): number {
  return offsetUs + performance.now() * 1000
}

const offsetUs = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000
