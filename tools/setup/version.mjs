/** Whether version `actual` is `wanted` or newer; both are plain `major.minor.patch`, a leading `v` is fine. */
export function isAtLeast(actual, wanted) {
  const [a, b] = [parts(actual), parts(wanted)]
  const at = a.findIndex((part, index) => part !== b[index])
  return at === -1 || a[at] > b[at]
}

function parts(version) {
  return version.replace(/^v/, '').split(/[.+-]/).slice(0, 3).map(Number)
}
