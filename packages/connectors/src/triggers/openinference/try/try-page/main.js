import { showShape } from './datatypes.js'
import { element } from './element.js'
import { declaredFacts, typedFacts } from './input-facts.js'
import { InputRow } from './input-row.js'
import { curlOf, headersOf, isFile, readOutputs, writeRequest } from './messages.js'
import { outputView } from './output-view.js'

const at = (id) => document.getElementById(id)
const model = JSON.parse(at('model').textContent)
const url = new URL('infer', location.href).href
const rows = []

function addRow(declared) {
  const facts = declared ? declaredFacts(declared) : typedFacts(`Input ${rows.length + 1}`)
  const row = new InputRow(facts, rows.length)
  rows.push(row)
  at('inputs').append(row.view)
}

if (model.inputs.length === 0) {
  addRow()
  const more = element('button', { type: 'button', onclick: () => addRow() }, 'Add an input')
  at('inputs').after(element('div', { className: 'line' }, more))
}
for (const declared of model.inputs) addRow(declared)
for (const { name, datatype, shape } of model.outputs) {
  const facts = element('small', {}, `${datatype} ${showShape(shape)}`)
  at('outputs').append(element('article', {}, element('h3', {}, `${name} `, facts)))
}
if (model.outputs.length === 0) at('outputs').append(element('p', { className: 'soft' }, 'Run to see them.'))

const isRunning = () => at('run').ariaDisabled === 'true'

/** The inputs, or undefined: the row at fault says why. */
function readInputs() {
  try {
    return rows.map((row) => row.read())
  } catch {
    // Its row shows it.
    return undefined
  }
}

async function run() {
  const inputs = isRunning() ? undefined : readInputs()
  if (!inputs) return
  // Not disabled: it would lose the focus.
  at('run').ariaDisabled = 'true'
  at('status').textContent = 'Running…'
  at('error').textContent = ''
  const begun = performance.now()
  try {
    const request = writeRequest(inputs, true)
    const answer = await fetch(url, { method: 'POST', headers: headersOf(request), body: request.body })
    const body = await answer.arrayBuffer()
    at('status').textContent = `${(performance.now() - begun).toFixed(1)} ms`
    if (!answer.ok) throw new Error(`${answer.status}: ${textOf(body)}`)
    const outputs = readOutputs(body, answer.headers.get('Inference-Header-Content-Length'))
    at('outputs').replaceChildren(...outputs.map(outputView))
  } catch (error) {
    at('outputs').replaceChildren()
    at('error').textContent = error instanceof TypeError ? `No answer: ${error.message}` : error.message
    if (at('status').textContent === 'Running…') at('status').textContent = ''
  } finally {
    at('run').ariaDisabled = 'false'
  }
}

/** What the server says of a fault. */
function textOf(body) {
  const text = new TextDecoder().decode(body)
  try {
    return JSON.parse(text).error ?? text
  } catch {
    // Something between here and the server answered.
    return text
  }
}

function showCommand() {
  if (!at('curl').open) return
  const inputs = readInputs()
  const request = inputs && writeRequest(inputs, false)
  at('command').textContent = request ? curlOf(url, request) : ''
  URL.revokeObjectURL(at('save').href)
  at('save').hidden = !request || !isFile(request)
  if (request) at('save').href = URL.createObjectURL(request.body)
}

async function copy() {
  try {
    await navigator.clipboard.writeText(at('command').textContent)
    at('copy').textContent = 'Copied'
  } catch {
    // Only secure pages may write there.
    getSelection().selectAllChildren(at('command'))
  }
}

at('form').onsubmit = (event) => {
  event.preventDefault()
  void run()
}
document.onkeydown = (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) at('form').requestSubmit()
}
at('curl').ontoggle = showCommand
at('form').oninput = at('form').onchange = () => {
  at('copy').textContent = 'Copy'
  showCommand()
}
at('copy').onclick = copy
// Beside an input a file would take the place of the page.
document.ondragover = document.ondrop = (event) => event.preventDefault()
