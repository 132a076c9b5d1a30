import type { Inline } from '../inlines/node.ts'

/**
 * Changes a text from a position on, in place: a selection in the part that stays is kept. The text before is not
 * read: reading a text node's data copies all of it.
 */
export function writeTail(node: Text, at: number, text: string): void {
  const { length } = node
  const present = length === at ? '' : node.substringData(at, length - at)
  if (present === text) return
  if (text.startsWith(present)) node.appendData(present === '' ? text : text.slice(present.length))
  else if (present.startsWith(text)) node.deleteData(at + text.length, present.length - text.length)
  else node.replaceData(at, present.length, text)
}

/** The text of inlines without their elements. Walks without recursion: trees may be deep. */
export function plainText(root: Inline): string {
  let text = ''
  let node = root.first
  while (node !== null) {
    text += node.kind === 'softbreak' || node.kind === 'break' ? '\n' : node.text
    if (node.first !== null) node = node.first
    else {
      while (node !== root && node!.next === null) node = node!.parent!
      node = node === root ? null : node!.next
    }
  }
  return text
}
