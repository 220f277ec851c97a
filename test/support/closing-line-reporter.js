// Ends every run with one line that a script can read: `N passed, N failed`. Plain JavaScript: jest does not transpile
// reporters.
export default class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    // A file that cannot be loaded has no tests to fail, and must still count.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // At exit, so that it stands below what the teardown prints.
    process.once('exit', () => process.stdout.write(`\n${line}\n`));
  }
}
