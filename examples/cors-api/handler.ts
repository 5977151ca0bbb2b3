import type { Context, Event } from '@pelton/sdk'

const maxNotes = 1000

/** Runs once in each worker: the notes live as long as the worker does. */
export function initContext(context: Context): void {
  context.userData.notes = new Map<string, string>()
}

/** A small API that pages of one other origin may call. */
export function handler(context: Context, event: Event) {
  const notes = context.userData.notes as Map<string, string>
  const id = event.path.split('/')[2] ?? ''
  if (event.method === 'GET' && id === '') return Object.fromEntries(notes)
  if (event.method === 'GET')
    return notes.has(id) ? { note: notes.get(id) } : { status: 404, body: { error: 'no such note' } }
  if (event.method === 'POST') return add(notes, event)
  if (event.method === 'DELETE') return { status: notes.delete(id) ? 204 : 404 }
  return { status: 405, headers: { allow: 'GET, POST, DELETE' } }
}

function add(notes: Map<string, string>, event: Event) {
  if (notes.size >= maxNotes) return { status: 507, body: { error: `there are ${maxNotes} notes already` } }
  notes.set(event.id, event.text())
  return { status: 201, headers: { location: `/notes/${event.id}` }, body: { id: event.id } }
}
