/** Beside its connections a process has some files of its own. */
const OWN_FILES = 256

/**
 * The error message if a process may not open as many files as there are connections; each is one in the server
 * and one in the load generator.
 */
export function fileLimitFault(connections: number): string | undefined {
  const report = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft: number | 'unlimited' } }
  }
  const limit = report.userLimits?.open_files?.soft
  const needed = connections + OWN_FILES
  if (typeof limit !== 'number' || limit >= needed) return undefined
  return `It needs ${needed} open files in a process, and ${limit} are allowed: run \`ulimit -n ${needed}\` first, as root if that is refused.`
}
