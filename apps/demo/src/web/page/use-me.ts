import { useEffect, useState } from 'react'
import type { Me } from '../../shared/api.ts'
import { visitor } from '../state/visitor.ts'

/** The visitor, as the server knows them. The page works without until it knows, or if it cannot find out. */
export function useMe(): Me | undefined {
  const [me, setMe] = useState<Me>()
  useEffect(() => {
    visitor().then(setMe, () => {})
  }, [])
  return me
}
