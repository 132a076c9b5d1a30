import { useEffect, useState } from 'react'
import type { Me } from '../../shared/api.ts'
import { visitor } from '../state/visitor.ts'

/** Who this is to the server. The page does without until it knows, and so where it cannot find out. */
export function useMe(): Me | undefined {
  const [me, setMe] = useState<Me>()
  useEffect(() => {
    visitor().then(setMe, () => {})
  }, [])
  return me
}
