import type { LabLimits } from '../../shared/api.ts'
import type { LabControl } from './use-lab.ts'

export interface FaultsProps {
  readonly lab: LabControl
  readonly limits: LabLimits | undefined
}
