const MIXED = `## A section

Some text with **strong words**, *others*, \`code\`, and [a link](https://a.example/page). It goes on for a while.

- first item with a few words
- second item, **bold**

\`\`\`js
const answer = await ask('question')
console.log(answer)
\`\`\`

| name | value |
|------|-------|
| one  | 1     |
| two  | *2*   |

`

const parts = {
  mixed: ['', MIXED],
  list: ['', '- an item with **bold** words and `code`\n'],
  table: ['| name | value |\n|---|---|\n', '| cell *x* | another cell |\n'],
  code: ['```js\n', 'const value = call(1, "two")\n'],
  paragraph: ['', 'some *words* of a [text](https://a.example), and '],
} as const

export type Kind = keyof typeof parts

/** A document of one kind, of about this length. */
export function documentOf(kind: Kind, length: number): string {
  const [head, part] = parts[kind]
  return head + part.repeat(Math.ceil(length / part.length)).slice(0, length)
}

export const kinds = Object.keys(parts) as Kind[]
