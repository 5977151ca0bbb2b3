import { writeElements } from './datatypes.js'
import { element, field } from './element.js'
import { FileBox } from './file-box.js'
import { elementsOf, exampleText, isWord, readTyped } from './typed-data.js'

/** A row of the form for one input. */
export class InputRow {
  #facts
  #data
  #typed
  #file
  #problem = element('p', { role: 'alert' })
  /** What is typed follows the form until somebody changes it. */
  #example = ''

  constructor(facts, id) {
    this.#facts = facts
    this.#data = element('textarea', { spellcheck: false, 'aria-describedby': `hint-${id}` })
    const hint = 'JSON, nested or flat; or one of the words zeros, ramp and random'
    this.#typed = element('div', {}, field('Data', this.#data), element('small', { id: `hint-${id}` }, hint))
    this.#file = new FileBox(facts, () => this.#remove())
    this.view = element(
      'fieldset',
      { oninput: ({ target }) => target === this.#data || this.#settle(), ...this.#dropping() },
      element('legend', {}, ...facts.title),
      element('div', { className: 'line', hidden: facts.fields.length === 0 }, ...facts.fields),
      this.#typed,
      this.#file.view,
      filePicker((file) => this.#take(file), id),
      this.#problem,
    )
    this.#settle()
  }

  /** Name, datatype, shape, and JSON or raw bytes; throws, and shows, why there are none. */
  read() {
    return this.#showing(() => {
      const { name, datatype } = this.#facts
      return { name: name(), datatype: datatype(), ...(this.#file.isOpen ? this.#file.read() : this.#readText()) }
    })
  }

  #readText() {
    const shape = this.#facts.shape()
    const text = this.#data.value
    if (!isWord(text)) return readTyped(text, shape, this.#facts.wanted())
    const datatype = this.#facts.datatype()
    return { shape, bytes: writeElements(datatype, elementsOf(text, datatype, shape)) }
  }

  async #take(file) {
    try {
      await this.#file.open(file)
      this.#settle()
    } catch (error) {
      this.#file.close()
      this.#settle()
      this.#problem.textContent = error.message
    }
    this.#changed()
  }

  #remove() {
    this.#file.close()
    this.#settle()
    this.#changed()
    this.#data.focus()
  }

  #changed() {
    this.view.dispatchEvent(new Event('change', { bubbles: true }))
  }

  #settle() {
    const isFile = (this.#typed.hidden = this.#file.isOpen)
    if (this.#data.value === this.#example) {
      this.#data.value = this.#example = exampleText(this.#facts.datatype(), this.#facts.shape())
      this.#data.rows = Math.min(Math.max(this.#example.split('\n').length, 3), 12)
    }
    try {
      this.#showing(() => isFile && this.#file.draw())
    } catch {
      // It is shown: sizes may be wrong until they are typed to the end.
    }
  }

  #showing(action) {
    this.#problem.textContent = ''
    try {
      return action()
    } catch (error) {
      this.#problem.textContent = error.message
      throw error
    }
  }

  #dropping() {
    const mark = (event, isOver) => {
      event.preventDefault()
      this.view.classList.toggle('over', isOver)
    }
    return {
      ondragover: (event) => mark(event, true),
      ondragleave: (event) => mark(event, false),
      ondrop: (event) => {
        mark(event, false)
        const [file] = event.dataTransfer.files
        if (file) void this.#take(file)
      },
    }
  }
}

function filePicker(take, id) {
  const input = element('input', { type: 'file', id: `file-${id}`, className: 'unseen', accept: '.npy,image/*' })
  input.onchange = (event) => {
    event.stopPropagation()
    const [file] = input.files
    if (file) void take(file)
    // The same file may be chosen again.
    input.value = ''
  }
  const label = element('label', { className: 'button', htmlFor: input.id }, 'Choose a file')
  return element('div', { className: 'line' }, input, label, element('small', {}, 'or drop a .npy or a picture here'))
}
