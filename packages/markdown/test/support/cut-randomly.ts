export function cutRandomly(text: string, next: () => number): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length; ) {
    const length = 1 + Math.floor(next() * 8)
    pieces.push(text.slice(at, at + length))
    at += length
  }
  return pieces
}
