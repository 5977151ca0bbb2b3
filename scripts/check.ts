// npm run check [STEP…]: what must hold before a commit, in under 90 s, with one line a step and the output of what failed.
// The tests are those beside the code; npm test runs those of the whole system, too.
import { toolPath } from './tools/repository.ts'
import { type Step, type StepResult, runSteps } from './tools/run-step.ts'

const quick: Step[] = [
  { name: 'types', program: toolPath('typescript', 'tsc'), args: ['-p', '.'] },
  { name: 'lint', program: toolPath('oxlint'), args: ['--report-unused-disable-directives'] },
  { name: 'format', program: toolPath('oxfmt'), args: ['--check', '.'] },
  {
    name: 'direction',
    program: toolPath('dependency-cruiser', 'depcruise'),
    args: ['--output-type', 'err', 'packages', 'scripts', 'bench', 'soak', 'e2e', 'examples'],
  },
  { name: 'dead code', program: toolPath('knip'), args: ['--no-progress', '--no-config-hints'] },
  { name: 'docs', program: 'scripts/docs.ts', args: ['--check'] },
]

// The tests have the machine to themselves: some of them watch the clock.
const slow: Step[] = [
  { name: 'tests', program: 'scripts/test.ts', args: ['packages/', 'scripts/'], timeoutMs: 600_000 },
]

const asked = process.argv.slice(2)
const isAsked = (step: Step): boolean => asked.length === 0 || asked.includes(step.name)
const unknown = asked.filter((name) => ![...quick, ...slow].some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(`no step ${unknown.join(', ')}; there are ${[...quick, ...slow].map((step) => step.name).join(', ')}`)
  process.exit(1)
}

const results = [
  ...(await runSteps(quick.filter(isAsked), 2, printLine)),
  ...(await runSteps(slow.filter(isAsked), 1, printLine)),
]
const failures = results.filter((result) => !result.passed)
for (const failure of failures) console.log(`\n── ${failure.name} ──\n${failure.output.trim()}`)
if (failures.length > 0) {
  console.log(`\nfailed: ${failures.map((failure) => failure.name).join(', ')}`)
  process.exitCode = 1
}

function printLine(result: StepResult): void {
  console.log(`${result.passed ? '✔' : '✖'} ${result.name.padEnd(10)} ${(result.ms / 1000).toFixed(1)} s`)
}
