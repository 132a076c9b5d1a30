/** Counts the tests in Vitest's JSON report. */
export function countVitest(report) {
  // A file that could not even be loaded has no tests in the report, and would be missed.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles.length }
}
