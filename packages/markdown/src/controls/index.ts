// This chunk is loaded when an option first needs it.
export { followLink } from './confirm-links.ts'
export { copyButton } from './copy-button.ts'
export { addTableTools } from './table-tools.ts'
