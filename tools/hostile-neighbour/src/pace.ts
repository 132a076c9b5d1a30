/** How often an honest answer has another number, in milliseconds. */
export const PACE_MS = 40
