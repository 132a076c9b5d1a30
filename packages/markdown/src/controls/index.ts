// What is loaded when the first option asks for it.
export { followLink } from './confirm-links.ts'
export { copyButton } from './copy-button.ts'
export { addTableTools } from './table-tools.ts'
