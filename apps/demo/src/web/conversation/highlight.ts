import { lowlightHighlight } from '@sluice/markdown'
import { common, createLowlight } from 'lowlight'

/** Colours code of the languages that answers are most often written in. */
export const highlight = lowlightHighlight(createLowlight(common))
