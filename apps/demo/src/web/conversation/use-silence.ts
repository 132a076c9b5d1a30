import { useEffect, useState } from 'react'

/** For how many whole seconds `progress` has been the same; `undefined`: nothing is under way. */
export function useSilence(progress: number | undefined): number {
  const [silentS, setSilentS] = useState(0)
  useEffect(() => {
    setSilentS(0)
    if (progress === undefined) return
    const since = performance.now()
    const timer = setInterval(() => setSilentS(Math.floor((performance.now() - since) / 1000)), 1_000)
    return () => clearInterval(timer)
  }, [progress])
  return silentS
}
